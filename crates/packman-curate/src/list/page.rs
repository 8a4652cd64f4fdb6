//! The page for people beside a list: what a browser shows to whoever wants to compare a number or paste a hash.
//!
//! It has no script and fetches nothing from anywhere, and says so to the browser, too: a page that people copy trust
//! from must not change under their eyes. Everything that came from outside is escaped.

use std::fmt::Write as _;

use packman_database::About;
use packman_strict::quote::escaped;
use packman_trust::{EntryName, HeldBy, Link, Listing, Listings};
use packman_tuf::SafetyNumber;

/// The name of the page on a site.
pub(crate) const PAGE: &str = "index.html";

const STYLE: &str = "body{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
code{font:1rem/1.5 monospace;overflow-wrap:anywhere}section{border-top:1px solid #888}\
dt{font-weight:bold}dd{margin:0 0 .5rem}.withdrawn{border-left:.5rem solid #b00;padding-left:1rem}";

/// Makes the page of a list; `number` is its own, where it is signed.
pub(crate) fn page(about: &About, number: Option<SafetyNumber>, listings: &Listings) -> Vec<u8> {
    let mut body = format!("<h1>{}</h1>\n<p>Kept by {}.</p>\n", text(&about.title), text(&about.maintainer));
    let _ = match number {
        Some(number) => writeln!(
            body,
            "<p>This list is signed. PackMan asks for its safety number, or shows it to be compared:</p>\n<p><code>{number}</code></p>"
        ),
        None => writeln!(
            body,
            "<p>This list is not signed: it is believed because this site serves it over TLS.</p>"
        ),
    };
    if listings.iter().len() == 0 {
        body.push_str("<p>It names no database yet.</p>\n");
    }
    for (name, listing) in listings.iter() {
        section(&mut body, name, listing);
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}<p>Made by <code>packman curate publish</code>.</p>\n</body>\n</html>\n",
        text(&about.title)
    )
    .into_bytes()
}

fn section(body: &mut String, name: &EntryName, listing: &Listing) {
    let class = if listing.withdrawn.is_some() { " class=\"withdrawn\"" } else { "" };
    let _ = writeln!(body, "<section id=\"{name}\"{class}>\n<h2>{}</h2>", text(&listing.title));
    if let Some(withdrawn) = &listing.withdrawn {
        let _ = writeln!(
            body,
            "<p><strong>Withdrawn on {}: {}</strong></p>",
            withdrawn.at.date(),
            text(&withdrawn.reason)
        );
    }
    let _ = writeln!(body, "<dl>\n<dt>Name</dt><dd><code>{name}</code></dd>");
    for url in &listing.urls {
        let _ = writeln!(body, "<dt>Address</dt><dd><code>{}</code></dd>", text(url));
    }
    let _ = match &listing.held {
        HeldBy::Root(number) => writeln!(body, "<dt>Safety number</dt><dd><code>{number}</code></dd>"),
        HeldBy::Hash(sha256) => {
            writeln!(body, "<dt>SHA-256 of the file</dt><dd><code>{sha256}</code></dd>")
        }
    };
    let patterns: Vec<String> =
        listing.scope.patterns().iter().map(|pattern| text(pattern.as_str())).collect();
    let _ = writeln!(body, "<dt>For the projects</dt><dd><code>{}</code></dd>\n</dl>", patterns.join(" "));
    if let (None, Some(link)) = (&listing.withdrawn, link(listing)) {
        let _ = writeln!(body, "<p><a href=\"{}\">Open in PackMan</a></p>", text(&link));
    }
    body.push_str("</section>\n");
}

/// A link that proposes the database, where an address of it can stand in one: what PackMan would refuse is no link.
fn link(listing: &Listing) -> Option<String> {
    let HeldBy::Root(number) = &listing.held else { return None };
    let links =
        listing.urls.iter().map(|url| format!("packman:add?database={url}&number={}", number.digits()));
    links.into_iter().find(|link| Link::parse(link).is_ok())
}

/// Text from outside, as HTML takes it for text wherever it stands.
fn text(outside: &str) -> String {
    let shown = escaped(outside).to_string();
    let mut safe = String::with_capacity(shown.len());
    for letter in shown.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}
