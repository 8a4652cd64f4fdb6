//! Small wheels that stand for well-known projects: their names, and the shape of what they need.

use packman_wheel::Area;
use packman_wheel::make::WheelDraft;

/// A package with an empty module of its own.
pub fn module(name: &str, version: &str) -> WheelDraft {
    let path = format!("{}/__init__.py", name.replace('-', "_"));
    WheelDraft::new(name, version).file(&path, format!("__version__ = '{version}'\n"))
}

/// A web framework and a client with all they need: extras, markers, entry points, a shipped script.
pub fn web_tools() -> Vec<WheelDraft> {
    [flask_and_its_needs(), requests_and_its_needs()].concat()
}

/// `flask`, with an extra and markers of several kinds.
pub fn flask_and_its_needs() -> Vec<WheelDraft> {
    vec![
        WheelDraft::new("Flask", "3.1.0")
            .file("flask/__init__.py", "import blinker, click, itsdangerous, jinja2, werkzeug\n")
            .file("flask/cli.py", "def main():\n    print('flask speaks')\n")
            .command("flask", "flask.cli:main")
            .python(">=3.8")
            .requires("Werkzeug>=3.1")
            .requires("Jinja2>=3.1.2")
            .requires("itsdangerous>=2.2")
            .requires("click>=8.1.3")
            .requires("blinker>=1.9")
            .requires("importlib-metadata>=3.6; python_version < '3.8'")
            .requires("asgiref>=3.2; extra == 'async'")
            .requires("python-dotenv; extra == 'dotenv'")
            .extra("async")
            .extra("dotenv"),
        module("Werkzeug", "3.1.3")
            .requires("MarkupSafe>=2.1.1")
            .requires("watchdog>=2.3; extra == 'watchdog'"),
        module("Jinja2", "3.1.6")
            .requires("MarkupSafe>=2.0")
            .requires("Babel>=2.7; extra == 'i18n'")
            .extra("i18n"),
        module("MarkupSafe", "3.0.2"),
        module("itsdangerous", "2.2.0"),
        module("blinker", "1.9.0"),
        module("click", "8.1.8").requires("colorama; platform_system == 'Windows'"),
    ]
    .into_iter()
    .map(lower_case_modules)
    .collect()
}

/// `requests`, with a script that it ships.
pub fn requests_and_its_needs() -> Vec<WheelDraft> {
    vec![
        WheelDraft::new("requests", "2.32.3")
            .file("requests/__init__.py", "import certifi, charset_normalizer, idna, urllib3\n")
            .data(
                Area::Scripts,
                "requests-hello",
                "#!python\nimport requests\nprint('hello from a script')\n",
            )
            .data(Area::Data, "share/man/man1/requests.1", "a page\n")
            .requires("charset-normalizer<4,>=2")
            .requires("idna<4,>=2.5")
            .requires("urllib3<3,>=1.21.1")
            .requires("certifi>=2017.4.17")
            .requires("PySocks!=1.5.7,>=1.5.6; extra == 'socks'")
            .extra("socks"),
        module("charset-normalizer", "3.4.1"),
        module("idna", "3.10"),
        module("urllib3", "2.3.0"),
        module("certifi", "2024.12.14"),
    ]
}

/// Modules are imported by names in lower case, whatever the project calls itself.
fn lower_case_modules(mut draft: WheelDraft) -> WheelDraft {
    draft.files.iter_mut().for_each(|(path, _)| *path = path.to_lowercase());
    draft
}
