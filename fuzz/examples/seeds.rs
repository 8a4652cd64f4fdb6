//! Writes the seeds: one honest file of each kind, for fuzzers to begin from. `cargo run --example seeds`, in this folder,
//! after a format has changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use packman_database::{FlatRecord, Pack, ProjectRecord};
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::Role;
use testkit::packages::flask_and_its_needs;
use testkit::repository::Repository;

const RECORD: &str = r#"{"meta": {"api-version": "1.3"}, "name": "flask", "versions": ["3.1.0"], "files": [{
  "filename": "flask-3.1.0-py3-none-any.whl", "url": "https://files.example/flask-3.1.0-py3-none-any.whl", "size": 102,
  "hashes": {"sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "requires-python": ">=3.9",
  "core-metadata": {"sha256": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}, "yanked": "broken",
  "upload-time": "2026-01-01T00:00:00Z", "_packman": {"first-seen": "2026-01-02T00:00:00Z",
  "record": {"sha256": "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},
  "review": {"by": "Ann", "at": "2026-01-03T00:00:00Z", "kind": "human", "basis": "full", "notes": "read"}}}],
  "_packman": {"format": 1, "summary": "a framework", "versions": {"3.1.0": {"requires-dist": ["click>=8", "asgiref; extra == 'async'"],
  "provides-extra": ["async"]}}, "prefixes": []}}"#;

const RING: &str = "format = 1\n\n[[database]]\nname = \"web\"\nurl = \"https://web.example/\"\nchain = \
\"4b5e57f6eb2f42b9039b3d1e13929295f231749c510cbe341cd68036d9af97e2\"\nscope = [\"*\"]\nholds = \"signed\"\nlearnt = \
\"compared\"\non = \"2026-11-23\"\n\n[[prefer]]\ndatabase = \"web\"\nprojects = [\"flask\"]\n\n# end of the ring\n";

const LIST: &str = r#"{"format": 1, "databases": {"web": {"title": "Web tools", "urls": ["https://web.example/db/"],
  "number": "012345678901234567890123456789012345678901234567890123456789", "scope": ["*"]}, "old": {"title": "Old",
  "urls": ["http://old.example/x.packman"], "sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "scope": ["old-*"], "withdrawn": {"reason": "lost", "at": "2026-11-01T00:00:00Z"}}}}"#;

const PYLOCK: &str = "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"flask\"\nversion = \"3.1.0\"\nmarker = \
\"python_version >= '3.9'\"\n[[packages.wheels]]\nname = \"flask-3.1.0-py3-none-any.whl\"\nurl = \
\"https://files.example/flask-3.1.0-py3-none-any.whl\"\nhashes = {sha256 = \
\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n";

const UV_LOCK: &str = "version = 1\nrequires-python = \">=3.9\"\n[[package]]\nname = \"flask\"\nversion = \"3.1.0\"\nsource = { \
registry = \"https://index.example/simple\" }\ndependencies = [{ name = \"click\" }]\nwheels = [{ url = \
\"https://files.example/flask-3.1.0-py3-none-any.whl\", hash = \
\"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", size = 1 }]\n";

const METADATA: &str = "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.0\nRequires-Python: >=3.9\nRequires-Dist: click>=8\nRequires-Dist: \
asgiref; extra == 'async'\nProvides-Extra: async\n\nA framework.\n";

const PAGE: &str = "<!DOCTYPE html><html><head><meta name=\"pypi:repository-version\" content=\"1.3\"></head><body><a \
href=\"../../flask-3.1.0-py3-none-any.whl#sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" \
data-requires-python=\"&gt;=3.9\" data-yanked=\"\" data-core-metadata=\"sha256=ab\">flask-3.1.0-py3-none-any.whl</a></body></html>";

fn main() {
    let now = Time::parse("2026-06-01T00:00:00Z").expect("a time");
    let mut repository = Repository::new(now);
    repository.add_target("about.json", b"about");
    repository.publish();
    let before = repository.remembered(now);
    repository.rotate(Role::Timestamp);
    repository.publish();
    let after = repository.refreshed(before.clone(), now).memory;
    plant("state_file", "fresh", &before.encode());
    plant("state_file", "rotated", &after.encode());
    for (choice, role) in [(0, Role::Root), (1, Role::Timestamp), (2, Role::Snapshot), (3, Role::Targets)] {
        plant("metadata_file", role.name(), &chosen(choice, &repository.file(role)));
    }
    plant(
        "metadata_file",
        "map",
        &chosen(
            5,
            br#"{"repositories": {"a": ["https://a.invalid/"], "b": []}, "mapping": [{"paths": ["*"], "repositories": ["a", "b"], "threshold": 2, "terminating": true}]}"#,
        ),
    );
    // An honest mirror: the newest file each time; then one that lags; then one that changes a byte.
    plant("repository", "honest", &[0, 6].repeat(40));
    plant("repository", "lagging", &(0..40_u8).flat_map(|step| [0, step]).collect::<Vec<_>>());
    plant(
        "repository",
        "flipping",
        &(0..40_u8).flat_map(|step| [2 | step << 5, step, step, 200]).collect::<Vec<_>>(),
    );

    for (place, draft) in flask_and_its_needs().iter().take(2).enumerate() {
        plant("zip", &format!("wheel-{place}"), &draft.build().expect("a wheel"));
    }
    plant("json", "record", RECORD.as_bytes());
    plant(
        "json",
        "numbers",
        br#"[0, -1, 1.5e300, 18446744073709551615, true, null, "\u00e9\ud83d\ude00\n", {"a": {"b": []}}]"#,
    );

    let texts = [
        "Flask_Login",
        "1!2.0rc1.post3.dev4+local.5",
        ">=1.0,!=1.5,<2",
        "flask[async]>=3; python_version < '3.9' and (os_name == 'nt')",
    ];
    for (choice, text) in (1..).zip(texts) {
        plant("names", &format!("text-{choice}"), &chosen(choice, text.as_bytes()));
    }
    for (choice, text) in [
        (0, METADATA),
        (5, "python_version >= '3.9' or extra == 'x' and platform_system in 'Linux Darwin'"),
        (6, ">=3.9, !=3.9.7"),
        (7, "Flask-3.1.0-1-cp311.cp312-abi3.none-manylinux_2_17_x86_64.any.whl"),
        (8, "flask-3.1.0.tar.gz"),
        (9, "cp311-abi3-manylinux_2_17_x86_64"),
        (10, "3.11"),
        (12, "linux-x86_64"),
    ] {
        plant("names", &format!("text-{choice}"), &chosen(choice, text.as_bytes()));
    }

    let flask = ProjectName::parse("flask").expect("a name");
    let record = ProjectRecord::parse(&flask, RECORD.as_bytes()).expect("a record");
    let pack = Pack::encode(&BTreeMap::from([(&flask, RECORD.as_bytes())]));
    plant("records", "about", &chosen(0, br#"{"kind": "database", "title": "Web", "maintainer": "Ann", "scope": ["lab-*"], "mirrors": ["https://m.example/"]}"#));
    plant("records", "recalls", &chosen(1, br#"{"recalls": [{"sha256": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "project": "flask", "version": "3.1.0", "reason": "worm", "advice": "turn keys", "at": "2026-01-01T00:00:00Z"}]}"#));
    plant("records", "record", &chosen(2, RECORD.as_bytes()));
    plant("records", "pack", &chosen(3, &pack));
    plant("records", "flat", &chosen(4, &FlatRecord::encode(&record, &Sha256::of(b"source"))));

    let number = "0123456789".repeat(6);
    for (choice, text) in [
        (0, LIST.to_owned()),
        (1, RING.to_owned()),
        (2, format!("packman:add?database=https%3A%2F%2Fdb.example%2Fweb&number={number}")),
        (3, format!("sha256:{}  web.packman", "a".repeat(64))),
        (4, "lab-*".to_owned()),
        (5, number.clone()),
        (
            8,
            format!(
                "packman:install?project=flask&version=3.1.0&database=https://db.example/&number={number}"
            ),
        ),
        (9, "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=".to_owned()),
    ] {
        plant("trust_texts", &format!("text-{choice}"), &chosen(choice, text.as_bytes()));
    }

    for (choice, text) in [
        (
            0,
            "-r more.txt\n-c bounds.txt\nflask[async]>=3 ; python_version < '4' \\\n    --hash=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n# words\n--index-url https://x.example\n./local.whl\n",
        ),
        (
            1,
            "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"flask>=3\"]\n[project.optional-dependencies]\na = [\"click\"]\n[dependency-groups]\ndev = [\"pytest\", {include-group = \"more\"}]\nmore = []\n[build-system]\nrequires = [\"hatchling\"]\n",
        ),
        (2, PYLOCK),
        (3, UV_LOCK),
        (4, "[build-system]\nrequires = [\"setuptools>=61\"]\n"),
    ] {
        plant("requirements", &format!("file-{choice}"), &chosen(choice, text.as_bytes()));
    }
    plant("wheel_texts", "record", &chosen(1, b"flask/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\"a,b.py\",,\nflask-3.1.0.dist-info/RECORD,,\n"));
    plant("index_page", "html", &chosen(0, PAGE.as_bytes()));
    plant("index_page", "json", &chosen(1, RECORD.as_bytes()));
    plant(
        "index_page",
        "address",
        &chosen(3, b"https://files.example:8443/a%20b/flask-3.1.0-py3-none-any.whl?x=1#sha256=ab"),
    );
}

fn chosen(choice: u8, bytes: &[u8]) -> Vec<u8> {
    [&[choice], bytes].concat()
}

fn plant(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
