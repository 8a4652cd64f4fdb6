//! `packman explain`: what a code means, and what can be done.

use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

use crate::args::Common;
use crate::ending::Ending;
use crate::{explain, output};

pub(super) fn run(code: Option<&str>, common: &Common) -> Result<(), Ending> {
    let Some(code) = code else { return list(common) };
    let text = explain::text(code).ok_or_else(|| unknown(code))?;
    if common.json {
        return Ok(output::answer(&Value::from(
            Object::new().with("code", code.to_owned()).with("text", text),
        ))?);
    }
    Ok(output::lines([text])?)
}

fn unknown(code: &str) -> Ending {
    let ending = Ending::usage(format!("{} is no code of PackMan", quoted(code)));
    let ending = match explain::nearest(code) {
        Some(near) => ending.hint(format!("the nearest is `packman explain {near}`")),
        None => ending,
    };
    ending.hint("`packman explain` lists them all")
}

fn list(common: &Common) -> Result<(), Ending> {
    if common.json {
        let codes: Vec<Value<'_>> = explain::all().map(|(code, _)| Value::from(code)).collect();
        return Ok(output::answer(&Value::from(Object::new().with("codes", codes)))?);
    }
    let rows: Vec<Vec<String>> =
        explain::all().map(|(code, first)| vec![code.to_owned(), first.replace('\n', " ")]).collect();
    Ok(output::lines(output::columns(&rows))?)
}
