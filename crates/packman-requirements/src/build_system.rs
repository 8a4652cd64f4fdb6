//! Reads `[build-system]` of a `pyproject.toml` (PEPs 517 and 518): what has to be installed before a project is built.
//!
//! Nothing is built here. `backend-path` names code of the project itself, for which nothing has to be had.

use std::path::Path;

use packman_names::{ProjectName, Requirement};

use crate::pyproject::read_line;
use crate::table::{Part, TomlFile};
use crate::text::text_of;
use crate::{Asked, Demand, Place, UnreadableFile, WhyNotTaken};

/// What builds a project that does not say what builds it.
const DEFAULT: &str = "setuptools";

/// Parses what the source of a release needs to be built, into [`Demand::build`]: `bytes` are its `pyproject.toml`,
/// where it has one. A source that names nothing is built with setuptools, as PEP 518 has it. `path` is for errors.
pub fn parse_build_system(path: &Path, bytes: Option<&[u8]>) -> Result<Demand, UnreadableFile> {
    let mut found = Demand::default();
    let named = match bytes {
        None => false,
        Some(bytes) => {
            let text = text_of(path, &|_| Ok(bytes.to_vec()))?;
            // Tables of other tools say nothing to whoever builds what was released.
            add_named(&TomlFile::parse(path, &text)?.root(), &[], &mut found)?
        }
    };
    if !named {
        let error = |error: packman_names::NameError| UnreadableFile::new(Place::of(path), error.to_string());
        let requirement = Requirement::parse(DEFAULT).map_err(error)?;
        found.build.push(Asked { requirement, hashes: Vec::new(), place: Place::of(path) });
    }
    Ok(found)
}

/// Adds what `[build-system]` names; says whether there is one.
pub(crate) fn add_named(
    root: &Part<'_>,
    sources: &[(ProjectName, WhyNotTaken)],
    found: &mut Demand,
) -> Result<bool, UnreadableFile> {
    let Some(system) = root.part("build-system")? else { return Ok(false) };
    if !system.has("requires") {
        return Err(system.error("no `requires`, which names what builds it"));
    }
    for (text, place) in system.texts("requires")? {
        match read_line(text, place, sources) {
            Ok(asked) => found.build.push(asked),
            Err(left) => found.not_taken.push(left),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::parse_build_system;
    use std::path::Path;

    fn check(text: Option<&str>) -> String {
        match parse_build_system(Path::new("pyproject.toml"), text.map(str::as_bytes)) {
            Err(error) => format!("{error}"),
            Ok(found) => {
                let asked = found.build.iter().map(|one| format!("{} ({})", one.requirement, one.place));
                let left =
                    found.not_taken.iter().map(|left| format!("leaves {} ({})", left.what, left.place));
                asked.chain(left).collect::<Vec<_>>().join("\n")
            }
        }
    }

    #[test]
    fn a_source_says_what_builds_it_or_is_built_by_setuptools() {
        let flit = "[build-system]\nrequires = [\n 'flit_core>=3,<4',\n 'x @ https://a.example/x.whl']\nbackend-path=['.']";
        insta::assert_snapshot!(check(Some(flit)), @"
        flit-core>=3,<4 (`pyproject.toml`, line 3)
        leaves x @ https://a.example/x.whl (`pyproject.toml`, line 4)
        ");
        insta::assert_snapshot!(check(Some("[build-system]\nrequires = []")), @"");
        insta::assert_snapshot!(check(Some("[tool.x]\ny = 1")), @"setuptools (`pyproject.toml`)");
        insta::assert_snapshot!(check(None), @"setuptools (`pyproject.toml`)");
    }

    #[test]
    fn refuses_what_names_no_builder_or_is_no_toml() {
        insta::assert_snapshot!(check(Some("[build-system]\nbuild-backend = 'x'")), @"`pyproject.toml`, line 1: build-system: no `requires`, which names what builds it");
        insta::assert_snapshot!(check(Some("[build-system]\nrequires = 'x'")), @"`pyproject.toml`, line 1: build-system: `requires`: wanted an array");
        assert!(check(Some("[build-system\n")).starts_with("`pyproject.toml`, line 1: "));
        assert!(check(Some("build-system = 3")).contains("wanted a table"));
    }
}
