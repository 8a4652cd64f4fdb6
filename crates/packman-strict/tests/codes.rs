//! Every code that this crate refuses with stands in the documents, and every code there is one of ours.

use std::collections::BTreeSet;

/// The words in `text` between `quote` characters that begin with `prefix`.
fn words<'t>(text: &'t str, quote: char, prefix: &str) -> BTreeSet<&'t str> {
    text.split(quote).filter(|word| word.starts_with(prefix) && !word.contains(char::is_whitespace)).collect()
}

#[test]
fn the_codes_of_archives_are_those_of_the_document() {
    let code = words(include_str!("../src/zip/refusal.rs"), '"', "zip-");
    let document = words(include_str!("../../../docs/formats/archives.md"), '`', "zip-");
    assert_eq!(code, document);
    assert_eq!(code.len(), 30);
}

#[test]
fn the_codes_of_json_are_those_of_the_document() {
    let sources = [
        include_str!("../src/json/error.rs"),
        include_str!("../src/json/read.rs"),
        include_str!("../src/json/canonical.rs"),
    ];
    let code: BTreeSet<_> = sources.iter().flat_map(|source| words(source, '"', "json-")).collect();
    let document = words(include_str!("../../../docs/formats/canonical-json.md"), '`', "json-");
    assert_eq!(code, document);
    assert_eq!(code.len(), 5);
}
