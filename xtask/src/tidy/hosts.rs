//! Names of hosts: tests talk to loopback, examples use reserved names, documents link to specifications.

use super::source::Source;

/// Hosts, or ends of hosts with a dot before them, that may be named.
const KNOWN: &[&str] = &[
    "localhost",
    ".example",
    ".invalid",
    ".test",
    "example.com",
    ".example.com",
    "example.net",
    ".example.net",
    "example.org",
    ".example.org",
    "github.com",
    "theupdateframework.io",
    "theupdateframework.github.io",
    "packaging.python.org",
    "peps.python.org",
    "mail.python.org",
    "docs.rs",
    "doc.rust-lang.org",
    "www.rfc-editor.org",
    "www.w3.org",
    "c2sp.org",
];

pub(super) fn faults(source: &Source) -> Vec<String> {
    let looked_at = source.files.iter().filter(|file| file.path != "Cargo.lock");
    looked_at
        .flat_map(|file| {
            let strangers = hosts(&file.text).into_iter().filter(|host| !is_known(host));
            strangers.map(|host| format!("{} names the host `{host}`", file.path)).collect::<Vec<_>>()
        })
        .collect()
}

fn hosts(text: &str) -> Vec<String> {
    let ends = |character: char| !(character.is_ascii_alphanumeric() || matches!(character, '.' | '-'));
    let mut hosts = Vec::new();
    for (before, _) in text.match_indices("://") {
        let scheme = text.get(..before).unwrap_or_default();
        let after = text.get(before + 3..).unwrap_or_default();
        let host = after.split(ends).next().unwrap_or_default().to_ascii_lowercase();
        let top = host.rsplit('.').next().unwrap_or_default();
        let named = host.contains('.') && top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
        if (scheme.ends_with("http") || scheme.ends_with("https")) && named {
            hosts.push(host);
        }
    }
    hosts
}

fn is_known(host: &str) -> bool {
    KNOWN.iter().any(|known| host == *known || (known.starts_with('.') && host.ends_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_strangers_from_examples() {
        let scheme = "https:";
        let text = format!(
            "{scheme}//files.example/a {scheme}//a.stranger.net/x http://127.0.0.1:1 http://localhost:2"
        );
        let strangers: Vec<String> = hosts(&text).into_iter().filter(|host| !is_known(host)).collect();
        assert_eq!(strangers, ["a.stranger.net"]);
    }
}
