//! The disagreements that are known. `docs/differential.md` says of each why; whatever fits none fails the test.

use crate::world::PATHS;

/// A kind of disagreement: ours and theirs are what the two said, the story is what was done to the repository.
pub(crate) struct Class {
    /// Its name in `docs/differential.md`.
    pub(crate) name: &'static str,
    fits: fn(ours: &str, theirs: &str, story: &str) -> bool,
}

pub(crate) const CLASSES: &[Class] = &[
    Class {
        name: "json",
        fits: |ours, _, _| {
            // python-tuf takes what Python's reader takes, and of two members the last.
            let texts = [
                "two members",
                "half of a surrogate pair",
                "nesting goes on",
                "found `-0`",
                "found `N`, wanted a value",
            ];
            ours.contains("bad-json") && texts.iter().any(|text| ours.contains(text))
        },
    },
    Class {
        name: "types",
        fits: |ours, _, _| {
            let found = [
                "found the number",
                "found `true`",
                "found `false`",
                "found null",
                "found the string",
                "found an object",
                "found an array",
            ];
            let wanted = [
                "wanted a string",
                "wanted an integer from 0 to 2^64-1",
                "wanted `true` or `false`",
                "wanted an array",
            ];
            ours.contains("bad-metadata")
                && found.iter().any(|text| ours.contains(text))
                && wanted.iter().any(|text| ours.contains(text))
        },
    },
    Class {
        name: "large numbers",
        fits: |ours, theirs, story| {
            let large = ["18446744073709551616", "1000000000000000000000000000000", "4294967296"];
            let is_large = |text: &str| large.iter().any(|number| text.contains(number));
            is_large(ours) && ours.contains("wanted an integer") || is_large(theirs) && is_large(story)
        },
    },
    Class {
        name: "malformed digests",
        fits: |ours, _, _| ours.contains(".hashes.sha") && ours.contains("lower-case hexadecimal digits"),
    },
    Class {
        name: "spelling of keys",
        fits: |ours, _, story| {
            ours.contains("bad-signature")
                && ["Keys(\"upper case\")", "Keys(\"spaces\")", "keyval.public: UPPER"]
                    .iter()
                    .any(|how| story.contains(how))
        },
    },
    Class {
        name: "spelling of signatures",
        fits: |ours, _, story| {
            ours.contains("bad-signature")
                && ["\"upper case\"", "\"spaces\"", "\"flip\""].iter().any(|how| story.contains(how))
        },
    },
    Class {
        name: "floods of signatures",
        fits: |ours, _, _| ours.contains("wanted at most 1,000 signatures"),
    },
    Class {
        name: "one key under two ids",
        fits: |ours, _, story| ours.contains("bad-signature") && story.contains("\"twice under two ids\""),
    },
    Class {
        name: "paths of targets",
        fits: |ours, _, _| ours.contains("target path") && ours.contains("wanted a relative path"),
    },
    Class {
        name: "prefixes",
        fits: |ours, _, _| {
            ours.contains("path_hash_prefixes[") && ours.contains("1 to 64 lower-case hexadecimal digits")
        },
    },
    Class { name: "names of bins", fits: |ours, _, _| ours.contains("name_prefix: found the string") },
    Class { name: "digits", fits: |ours, _, _| ours.contains("spec_version: found the string") },
    Class {
        name: "many delegations",
        fits: |ours, theirs, _| ours.contains("too-many-delegations") && theirs.contains("nobody"),
    },
    Class {
        name: "brackets",
        // It is about who is asked for a path, and about nothing that a refresh says.
        fits: |ours, theirs, story| {
            let path = PATHS.iter().map(|path| format!("{path}: "));
            let mut same = path.filter(|path| ours.starts_with(path) && theirs.starts_with(path));
            same.next().is_some() && ["[a-z]", "[!a]", "[a]"].iter().any(|pattern| story.contains(pattern))
        },
    },
    Class {
        name: "digests of other kinds",
        fits: |ours, theirs, story| {
            // A file that is called after the digest is not found by who does not know it: another may be there.
            ours.contains("unknown-hash")
                || ours.contains("length-mismatch") && story.contains("Kinds(Sha384)")
                || theirs.contains("Unsupported algorithm")
                || theirs.contains("Hashes items must be strings")
        },
    },
    Class {
        name: "keys of other kinds",
        fits: |_, theirs, _| {
            theirs.contains("Unsupported public key") || theirs.contains("Unexpected Key attributes types")
        },
    },
    Class {
        name: "further roles",
        fits: |_, theirs, story| {
            theirs.contains("Role names must be the top-level metadata roles")
                || story.contains("role: \"root\", what: Edit")
                    && ["value: \"roles", "value: \"beside roles"].iter().any(|place| story.contains(place))
                    && [
                        "has no attribute 'pop'",
                        "KeyError: 'keyids'",
                        "cannot be interpreted as an integer",
                        "KeyError: 'threshold'",
                    ]
                    .iter()
                    .any(|text| theirs.contains(text))
        },
    },
    Class { name: "the year 0", fits: |_, theirs, _| theirs.contains("year 0 is out of range") },
    Class {
        name: "rotated snapshot keys",
        fits: |ours, theirs, story| {
            (ours == "accepted" || ours.starts_with("versions"))
                && story.contains("new keys of snapshot")
                && ["New timestamp version", "New snapshot version must be", "not found"]
                    .iter()
                    .any(|text| theirs.contains(text))
        },
    },
    Class {
        name: "snapshots without targets",
        fits: |_, theirs, story| {
            theirs.contains("New snapshot is missing info for") && story.contains("role: \"snapshot\"")
        },
    },
    Class {
        name: "another file of one version",
        fits: |ours, theirs, story| {
            (ours.starts_with("versions") && theirs.starts_with("versions")
                || ours == "accepted" && theirs.contains("snapshot")
                || theirs == "accepted" && ours.contains("snapshot"))
                && story.contains("role: \"snapshot\"")
                && story.contains("Version(")
        },
    },
];

/// The class of a disagreement.
pub(crate) fn class_of(ours: &str, theirs: &str, story: &str) -> Option<&'static str> {
    CLASSES.iter().find(|class| (class.fits)(ours, theirs, story)).map(|class| class.name)
}

/// What the strict rules refuse beyond the specification's own.
pub(crate) fn is_a_rule(refused: &str) -> bool {
    ["contradiction: ", "consistent_snapshot: found `false` or nothing", "found a version alone, wanted"]
        .iter()
        .any(|text| refused.contains(text))
}
