//! Decides what the words of Python packaging mean: names, versions, requirements, markers, tags, file
//! names and METADATA. Pure: text in, typed values or a [`NameError`] out.
//!
//! Nothing here is trusted or not trusted; whoever has proof of a record or a wheel parses its text here.
//! Parsing costs nothing until it is asked for: keep requirements as text and call [`Requirement::parse`]
//! for those that are reached.

mod amount;
mod describe;
mod error;
mod marker;
mod metadata;
mod platform;
mod project;
mod python;
mod ranges;
mod requirement;
mod requires_python;
mod scan;
mod sdist_name;
mod specifiers;
mod tags;
mod wheel_name;

pub use amount::refuse_excess;
pub use describe::describe;
pub use error::NameError;
pub use marker::{Marker, MarkerEnvironment};
pub use metadata::Metadata;
pub use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
pub use platform::{LinuxArch, Platform, Target};
pub use project::{ExtraName, ProjectName};
pub use python::PythonVersion;
pub use ranges::{admits, intersection, ranges};
pub use requirement::Requirement;
pub use requires_python::RequiresPython;
pub use sdist_name::SdistName;
pub use specifiers::{parse_specifiers, parse_version};
pub use tags::{InterpreterFacts, Libc, System, Tag, Tags};
pub use version_ranges::Ranges;
pub use wheel_name::WheelName;
