//! The canonical form: of documents by chance, ours against securesystemslib's.

use packman_strict::json::{self, Value, canonical};

use crate::number;
use crate::oracle::Oracle;
use crate::rng::Rng;
use crate::world::hex;

const STRINGS: [&str; 16] = [
    "",
    "a",
    "\\\"",
    "\\\\",
    "\\/",
    "\\b\\f\\n\\r\\t",
    "\\u0000",
    "\\u001f\\u007f",
    "\\u00e9",
    "\u{e9}",
    "\\ud83d\\udd11",
    "\u{1f511}",
    "\u{ffee}",
    "\u{10000}",
    "\\u2028",
    "e\u{301}",
];
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "7",
    "9007199254740993",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "123456789012345678901234567890123456789012345678901234567890",
    "1.0",
    "1e3",
    "1E-2",
    "-0",
    "-0.0",
    "0.1",
];

/// A document as text, written in one of the many ways that mean the same.
fn document(rng: &mut Rng, depth: usize, out: &mut String) {
    let space = |rng: &mut Rng| rng.one_of(&["", "", "", " ", "\n\t", "\r\n"]);
    out.push_str(space(rng));
    match rng.below(if depth == 0 { 5 } else { 8 }) {
        0 => out.push_str(rng.one_of(&["null", "true", "false"])),
        // Mostly integers, so that most documents have a form.
        1 => out.push_str(if rng.percent(97) { rng.one_of(&NUMBERS[..8]) } else { rng.one_of(&NUMBERS) }),
        2..=4 => string(rng, out),
        kind => {
            let is_list = kind == 5;
            out.push(if is_list { '[' } else { '{' });
            for place in 0..rng.below(6) {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(space(rng));
                if !is_list {
                    string(rng, out);
                    // The place keeps names apart; what is said twice is another test's.
                    out.pop();
                    out.push_str(&place.to_string());
                    out.push('"');
                    out.push_str(space(rng));
                    out.push(':');
                }
                document(rng, depth - 1, out);
            }
            out.push(if is_list { ']' } else { '}' });
        }
    }
    out.push_str(space(rng));
}

fn string(rng: &mut Rng, out: &mut String) {
    out.push('"');
    (0..rng.below(4)).for_each(|_| out.push_str(rng.one_of(&STRINGS)));
    out.push('"');
}

fn ours(document: &str) -> Option<String> {
    let value = json::parse(document.as_bytes(), &json::Limits::default()).ok()?;
    canonical(&value).ok().map(|form| hex(&form))
}

#[test]
fn the_canonical_form_is_that_of_securesystemslib() {
    let cases = usize::try_from(number("PACKMAN_DIFFERENTIAL_CASES", 600) * 20).unwrap();
    let mut rng = Rng::new(number("PACKMAN_DIFFERENTIAL_SEED", 1));
    let mut documents: Vec<String> = Vec::new();
    for _ in 0..cases {
        let mut text = String::new();
        document(&mut rng, 5, &mut text);
        documents.push(text);
    }
    documents.extend(NUMBERS.map(str::to_owned));
    let mut oracle = Oracle::start();
    let (mut same, mut refused) = (0, 0);
    for some in documents.chunks(500) {
        let asked: Value<'static> = some.iter().map(|text| hex(text.as_bytes())).collect();
        let answer = oracle.ask(&json::Object::new().with("documents", asked).into());
        let forms = answer.as_object().unwrap().get("forms").unwrap().as_array().unwrap().to_vec();
        for (text, theirs) in some.iter().zip(forms) {
            let (ours, theirs) = (ours(text), theirs.as_str().map(str::to_owned));
            if ours == theirs {
                same += 1;
                refused += usize::from(ours.is_none());
                continue;
            }
            // The one class there is: `-0` is read as 0 there, and is refused here, since it has two texts.
            assert!(ours.is_none() && text.contains("-0"), "{text}\n{ours:?}\n{theirs:?}");
        }
    }
    assert!(same > cases * 9 / 10 && refused > 4 && refused < cases / 2, "{same} {refused} of {cases}");
}
