//! Links: the few that are honest, and every trick that is not.

use super::*;

const NUMBER: &str = "012345678901234567890123456789012345678901234567890123456789";

fn add(address: &str) -> String {
    format!("packman:add?database={address}&number={NUMBER}")
}

fn check(link: &str) -> String {
    match Link::parse(link) {
        Ok(Link::Add(named)) => format!("add {} {}", named.address, named.number.digits()),
        Ok(Link::Install { project, version, database }) => {
            let version = version.map(|version| format!(" {version}")).unwrap_or_default();
            let database = database.map(|named| format!(" from {}", named.address)).unwrap_or_default();
            format!("install {project}{version}{database}")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn reads_what_an_honest_page_proposes() {
    for (link, meaning) in [
        (add("https://db.example/"), format!("add https://db.example/ {NUMBER}")),
        (add("https%3A%2F%2Fdb.example%2Fweb"), format!("add https://db.example/web {NUMBER}")),
        (add("http://127.0.0.1:8000/db"), format!("add http://127.0.0.1:8000/db {NUMBER}")),
        (
            add("https://db.example:8443/a/b.packman"),
            format!("add https://db.example:8443/a/b.packman {NUMBER}"),
        ),
        (
            format!("packman:add?number={NUMBER}&database=https://db.example"),
            format!("add https://db.example {NUMBER}"),
        ),
        ("packman:install?project=Flask_Login".to_owned(), "install flask-login".to_owned()),
        ("packman:install?project=flask&version=3.1.2".to_owned(), "install flask 3.1.2".to_owned()),
        ("packman:install?version=1.0%2Bcpu&project=torch".to_owned(), "install torch 1.0+cpu".to_owned()),
        (
            format!("packman:install?project=flask&database=https://db.example/&number={NUMBER}"),
            "install flask from https://db.example/".to_owned(),
        ),
    ] {
        assert_eq!(check(&link), meaning);
    }
}

/// Each of these would be another thing to PackMan than to whoever reads it, or could do more than propose.
fn check_refused(hostile: &[String]) {
    for link in hostile {
        assert!(Link::parse(link).is_err(), "taken: {link:?} as {}", check(link));
    }
}

#[test]
fn refuses_every_hostile_address() {
    let long = add(&format!("https://db.example/{}", "a".repeat(2_048)));
    let long_host = add(&format!("https://{}example/", "a.".repeat(130)));
    check_refused(&[
        // Over-long.
        long,
        long_host,
        add(&format!("https://{}.example/", "a".repeat(64))),
        // Other schemes, doubled ones, other spellings of ours.
        add("https://https://db.example/"),
        add("https:https://db.example/"),
        add("file:///etc/packman"),
        add("ftp://db.example/"),
        add("javascript:alert(1)"),
        add("HTTPS://db.example/"),
        add("//db.example/"),
        add("/etc/packman"),
        add("~/ring"),
        format!("packman:{}", add("https://db.example/")),
        add("https://db.example/").replacen("packman:", "packman://", 1),
        add("https://db.example/").replacen("packman:", "PackMan:", 1),
        add("https://db.example/").replacen("packman:", "https:", 1),
        add("https://db.example/").replacen("add", "Add", 1),
        add("https://db.example/").replacen("add", "remove", 1),
        add("https://db.example/").replacen("add", "../add", 1),
        // Hosts that look like others, or are read in two ways.
        add("https://d%D0%B1.example/"),
        add("https://dб.example/"),
        add("https://xn--d-btb.example/"),
        add("https://db.xn--p1ai/"),
        add("https://DB.example/"),
        add("https://db.example./"),
        add("https://-db.example/"),
        add("https://db..example/"),
        add("https://db_example/"),
        add("https:///db"),
        add("https://2130706433/"),
        add("https://0x7f.0.0.1/"),
        add("https://127.1/"),
        add("https://127.0.0.01/"),
        add("https://[::1]/"),
        add("https://db.example:0/"),
        add("https://db.example:080/"),
        add("https://db.example:99999/"),
        add("https://db.example:/"),
        add("https://db.example\\@evil.example/"),
        // Credentials.
        add("https://user:secret@db.example/"),
        add("https://db.example@evil.example/"),
        add("https://db.example%40evil.example/"),
        add("https://db.example:443@evil.example/"),
        // Bidi, zero-width, and other invisible characters, plain and escaped.
        add("https://db.example/\u{202e}gpj"),
        add("https://d\u{200b}b.example/"),
        add("https://db.example/%E2%80%AEgpj"),
        add("https://db.example/\u{feff}"),
        add("https://db.example/ x"),
        add("https://db.example/%20x"),
        add("https://db.example/\nx"),
        add("https://db.example/%0Ax"),
        add("https://db.example/%0D%0AHost:%20evil.example"),
        add("https://db.example/%00"),
        add("https://db.example/\u{1b}[2J"),
        // Percent tricks.
        add("https://db.example/%2"),
        add("https://db.example/%zz"),
        add("https://db.example/%+1"),
        add("https://db.%65xample/"),
        add("https://db.example/%252e%252e/"),
        add("https://db.example/%C0%AF"),
        // Paths that lead elsewhere.
        add("https://db.example/../other"),
        add("https://db.example/./other"),
        add("https://db.example/%2E%2E/other"),
        add("https://db.example//evil.example"),
        add("https://db.example/a\\b"),
        add("https://db.example/?next=evil"),
        add("https://db.example/#evil"),
        add("https://db.example/a%23b"),
        add("https://db.example/a;b"),
    ]);
}

#[test]
fn refuses_every_hostile_parameter_and_name() {
    check_refused(&[
        // Parameters: unknown, repeated, missing, empty, look-alike.
        format!("{}&number={NUMBER}", add("https://db.example/")),
        format!("{}&database=https://evil.example/", add("https://db.example/")),
        format!("{}&index=https://evil.example/", add("https://db.example/")),
        format!("{}&scope=*", add("https://db.example/")),
        format!("{}&yes=1", add("https://db.example/")),
        format!("{}&accept-unverified=1", add("https://db.example/")),
        format!("{}&Number={NUMBER}", add("https://db.example/")),
        format!("{}&nｕmber={NUMBER}", add("https://db.example/")),
        format!("{}&num%62er={NUMBER}", add("https://db.example/")),
        format!("{}&", add("https://db.example/")),
        format!("{};version=1", add("https://db.example/")),
        format!("packman:add?&database=https://db.example/&number={NUMBER}"),
        "packman:add".to_owned(),
        "packman:add?".to_owned(),
        "packman:add?database=https://db.example/".to_owned(),
        "packman:add?database=https://db.example/&number=".to_owned(),
        format!("packman:add?database=&number={NUMBER}"),
        format!("packman:add?number={NUMBER}"),
        // Numbers in other spellings, so that one number has one link.
        add("https://db.example/").replacen("0123456789", "01234-56789", 1),
        add("https://db.example/").replacen("0123456789", "012345678", 1),
        add("https://db.example/").replacen("0123456789", "01234567890", 1),
        add("https://db.example/").replacen("0123456789", "0x23456789", 1),
        // Names that are options, files, requirements or markers.
        "packman:install?project=--index-url".to_owned(),
        "packman:install?project=-r".to_owned(),
        "packman:install?project=flask%20--pre".to_owned(),
        "packman:install?project=flask[async]".to_owned(),
        "packman:install?project=flask%3E%3D3".to_owned(),
        "packman:install?project=flask@https://evil.example/".to_owned(),
        "packman:install?project=flask;os_name".to_owned(),
        "packman:install?project=../flask".to_owned(),
        "packman:install?project=./flask.whl".to_owned(),
        "packman:install?project=flаsk".to_owned(),
        "packman:install?project=flask&project=django".to_owned(),
        "packman:install?project=flask&version=--pre".to_owned(),
        "packman:install?project=flask&version=3.*".to_owned(),
        "packman:install?project=flask&version=1.0+cpu".to_owned(),
        "packman:install?project=flask&version=".to_owned(),
        "packman:install?project=flask&venv=/".to_owned(),
        "packman:install?project=flask#&version=3".to_owned(),
        "packman:install?version=3".to_owned(),
        "packman:install?project=flask&database=https://db.example/".to_owned(),
        format!("packman:install?project=flask&number={NUMBER}"),
        String::new(),
        "packman:".to_owned(),
        "packman:install?project=flask\u{0}".to_owned(),
        " packman:install?project=flask".to_owned(),
        "packman:install?project=flask ".to_owned(),
    ]);
}

#[test]
fn says_what_is_wrong_with_a_link() {
    for (link, words) in [
        ("packman:open?x=1", "found `open`, wanted `add` or `install`"),
        (
            "packman:install?project=flask&pre=1",
            "found the parameter `pre`, wanted `project`, `version`, `database`, `number`",
        ),
        ("packman:install?project=flask&project=x", "found the parameter `project` twice, wanted it once"),
        ("packman:install?project=flask\u{202e}", r"found `\u{202e}`, wanted visible ASCII characters alone"),
    ] {
        assert_eq!(check(link), words);
    }
    assert_eq!(
        check(&add("https://user@db.example/")),
        "`database`: found `https://user@db.example/`, wanted an address without a user's name or password"
    );
}
