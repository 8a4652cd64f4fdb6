//! The first PackMan's property lists: shown as data, and given no power.

use std::fs;

use crate::support::{bare_world, kept, plain};

const LIST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://127.0.0.1:9/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Version</key><string>0.4</string>
<key>Maintainer</key><string>Jack&#10;Jansen</string>
<key>Include</key><array><string>http://127.0.0.1:9/more.plist</string></array>
<key>Packages</key><array>
<dict><key>Name</key><string>Numeric</string><key>Version</key><string>23.1</string><key>Flavor</key><string>source</string>
<key>Download-URL</key><string>manual:http://example.org/</string><key>MD5Sum</key><string>d41d8cd98f00b204e9800998ecf8427e</string>
<key>Install-test</key><string>open('ran', 'w')</string><key>Install-command</key><string>touch ran</string>
<key>Prerequisites</key><array><string>a Mac</string></array></dict>
<dict><key>Name</key><string>Everything</string><key>Flavor</key><string>hidden</string>
<key>Pre-install-command</key><string>touch ran</string><key>Post-install-command</key><string>touch ran</string></dict>
</array></dict></plist>
"#;

#[test]
fn a_list_of_the_first_packman_is_shown_and_neither_run_nor_followed_nor_added() {
    let world = bare_world();
    fs::write(world.path("old.plist"), LIST).unwrap();
    let before = kept(&world, None);
    let run = world.ok(&["trust", "show", "old.plist"]);
    insta::assert_snapshot!(plain(&world, &run.stdout), @r#"
    a database of the first PackMan: unverified, and nothing in it can be installed
      maintainer: Jack\nJansen
      description: not said
      format: 0.4
      includes, not followed: http://HOST/more.plist
    Numeric 23.1, source
      fetched from: manual:http://example.org/
      MD5, not believed: d41d8cd98f00b204e9800998ecf8427e
      needs: a Mac
      code, never run: Install-test: open('ran', 'w')
      code, never run: Install-command: touch ran
    Everything no version, hidden
      code, never run: Pre-install-command: touch ran
      code, never run: Post-install-command: touch ran
    2 packages, 1 of them hidden; 4 pieces of code in them, none of which is run; MD5 sums vouch for nothing
    "#);
    let run = world.ends(1, "old-database", &["trust", "add", "old.plist", "--scope", "*"]);
    insta::assert_snapshot!(plain(&world, &run.stderr), @"
    error: `old.plist` was not added: nothing in it is held by a hash that counts
      hint: `packman curate init` begins a signed database of packages that you have checked yourself
    ");
    assert!(!world.path("ran").exists());
    assert_eq!(kept(&world, None), before, "nothing of it is remembered");
}

#[test]
fn what_only_looks_like_one_is_refused() {
    let world = bare_world();
    let bomb = LIST.replace("PropertyList-1.0.dtd\">", "PropertyList-1.0.dtd\" [<!ENTITY a \"aaaa\">]>");
    for (name, bytes) in [
        ("bomb", bomb.into_bytes()),
        ("binary", b"bplist00\xd1\x01".to_vec()),
        ("twice", LIST.replace("<key>Version</key>", "<key>Maintainer</key>").into_bytes()),
        ("deep", format!("<plist version=\"1.0\">{}", "<array>".repeat(50_000)).into_bytes()),
        ("cut", LIST.as_bytes()[..700].to_vec()),
    ] {
        fs::write(world.path(name), bytes).unwrap();
        world.ends(3, "bad-property-list", &["trust", "show", &format!("./{name}")]);
        world.ends(3, "bad-property-list", &["trust", "add", &format!("./{name}")]);
    }
}
