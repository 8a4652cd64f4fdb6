//! Where each file of a wheel goes: the root of the archive and the parts of its `.data` folder.
//!
//! Decides the destination of a path, and refuses paths that would land where a wheel has no business. Which
//! folders the parts stand for is the environment's matter (`scheme`).

use packman_strict::path::SafePath;

use crate::refusal::WheelRefusal;

/// A part of an installation (a key of sysconfig's paths).
#[derive(Copy, Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Area {
    /// Modules that run on any platform.
    Purelib,
    /// Modules for one platform.
    Platlib,
    /// Commands.
    Scripts,
    /// C headers, in a folder of the project's own.
    Headers,
    /// Anything, relative to the prefix.
    Data,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Purelib, Self::Platlib, Self::Scripts, Self::Headers, Self::Data];

    /// Its name in a `.data` folder.
    pub fn key(self) -> &'static str {
        match self {
            Self::Purelib => "purelib",
            Self::Platlib => "platlib",
            Self::Scripts => "scripts",
            Self::Headers => "headers",
            Self::Data => "data",
        }
    }

    /// The area of that name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|area| area.key() == key)
    }
}

/// A place relative to an area.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Destination {
    /// The part of the installation.
    pub area: Area,
    /// The path in it, `/`-separated.
    pub path: String,
}

/// Ends of names, folded for comparison: Python finds a `.DIST-INFO` too.
pub(crate) const DIST_INFO: &str = ".dist-info";
/// The end of the name of what says that a project is installed, without a RECORD: older tools' `.dist-info`.
const EGG_INFO: &str = ".egg-info";

/// Whether Python and installers take a top-level file or folder of this name for an installed project.
pub(crate) fn says_installed(top: &str) -> bool {
    let top = top.to_lowercase();
    top.ends_with(DIST_INFO) || top.ends_with(EGG_INFO)
}
const DATA: &str = ".data";

/// The two folders of a wheel that have a meaning of their own, and where its root goes.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// `name-version.dist-info`.
    pub(crate) dist_info: String,
    /// `name-version.data`.
    data: String,
    /// Purelib or platlib.
    pub(crate) root: Area,
}

impl Layout {
    /// Takes the stem that both folders share.
    pub(crate) fn new(dist_info: &str, root_is_purelib: bool) -> Self {
        let stem = dist_info.get(..dist_info.len() - DIST_INFO.len()).unwrap_or(dist_info);
        let root = if root_is_purelib { Area::Purelib } else { Area::Platlib };
        Self { dist_info: dist_info.to_owned(), data: format!("{stem}{DATA}"), root }
    }

    /// Verifies that a file may go where its path says, and tells where that is.
    pub(crate) fn place(&self, path: &SafePath) -> Result<Destination, WheelRefusal> {
        let text = path.as_str();
        let Some((top, rest)) = text.split_once('/') else {
            return Ok(Destination { area: self.root, path: text.to_owned() });
        };
        if !top.to_lowercase().ends_with(DATA) {
            return Ok(Destination { area: self.root, path: text.to_owned() });
        }
        if top != self.data {
            return Err(WheelRefusal::ForeignData { folder: top.to_owned(), wanted: self.data.clone() });
        }
        let wrong = || WheelRefusal::DataScheme { path: text.to_owned() };
        let (key, rest) = rest.split_once('/').ok_or_else(wrong)?;
        let area = Area::from_key(key).ok_or_else(wrong)?;
        match area {
            Area::Purelib | Area::Platlib => self.verify_modules(text, rest)?,
            Area::Data => verify_data(text, rest)?,
            Area::Scripts | Area::Headers => {}
        }
        Ok(Destination { area, path: rest.to_owned() })
    }

    /// A `.dist-info` that comes by way of `.data/purelib` lands beside the real one, so it is a second one.
    fn verify_modules(&self, whole: &str, rest: &str) -> Result<(), WheelRefusal> {
        let top = rest.split('/').next().unwrap_or(rest);
        if says_installed(top) {
            return Err(WheelRefusal::SecondDistInfo {
                first: self.dist_info.clone(),
                second: whole.to_owned(),
            });
        }
        Ok(())
    }
}

/// `data` is relative to the prefix, from which every other folder of the environment can be reached: modules
/// and the environment's own settings have to be called what they are.
fn verify_data(whole: &str, rest: &str) -> Result<(), WheelRefusal> {
    let lower = rest.to_lowercase();
    let modules = lower.split('/').any(|part| matches!(part, "site-packages" | "dist-packages"));
    if modules
        || lower == "pyvenv.cfg"
        || lower.starts_with(".packman/")
        || lower.starts_with(".packman-disabled/")
    {
        return Err(WheelRefusal::DataEscapes { path: whole.to_owned() });
    }
    Ok(())
}

/// The name of the command that a file becomes, where it becomes one: all of `scripts`, and what `data` puts
/// into the folder that `scripts` is in an environment.
pub(crate) fn command_name(destination: &Destination) -> Option<&str> {
    match destination.area {
        Area::Scripts => Some(&destination.path),
        Area::Data => {
            let (folder, rest) = destination.path.split_once('/')?;
            (folder.eq_ignore_ascii_case("bin") || folder.eq_ignore_ascii_case("scripts")).then_some(rest)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use packman_strict::path::SafePath;

    use super::Layout;

    fn check(path: &str) -> String {
        let layout = Layout::new("a_b-1.0.dist-info", true);
        match layout.place(&SafePath::parse(path).unwrap()) {
            Ok(place) => format!("{} {}", place.area.key(), place.path),
            Err(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    fn every_file_has_one_place() {
        for (path, place) in [
            ("a.py", "purelib a.py"),
            ("x.data", "purelib x.data"),
            ("pkg/vendor/c-1.dist-info/METADATA", "purelib pkg/vendor/c-1.dist-info/METADATA"),
            ("a_b-1.0.dist-info/WHEEL", "purelib a_b-1.0.dist-info/WHEEL"),
            ("a_b-1.0.data/platlib/c/d.so", "platlib c/d.so"),
            ("a_b-1.0.data/scripts/run", "scripts run"),
            ("a_b-1.0.data/headers/x/y.h", "headers x/y.h"),
            ("a_b-1.0.data/data/share/man/x.1", "data share/man/x.1"),
        ] {
            assert_eq!(check(path), place);
        }
    }

    #[test]
    fn refuses_places_where_a_wheel_has_no_business() {
        for (path, code) in [
            ("other-1.0.data/scripts/run", "wheel-foreign-data"),
            ("A_B-1.0.DATA/scripts/run", "wheel-foreign-data"),
            ("a_b-1.0.data/stdlib/os.py", "wheel-data-scheme"),
            ("a_b-1.0.data/Scripts/run", "wheel-data-scheme"),
            ("a_b-1.0.data/run", "wheel-data-scheme"),
            ("a_b-1.0.data/purelib/c-1.dist-info/METADATA", "wheel-second-dist-info"),
            ("a_b-1.0.data/platlib/c-1.Dist-Info/METADATA", "wheel-second-dist-info"),
            ("a_b-1.0.data/purelib/c-1.egg-info", "wheel-second-dist-info"),
            ("a_b-1.0.data/data/lib/python3.11/site-packages/evil.pth", "wheel-data-escapes"),
            ("a_b-1.0.data/data/Lib/Site-Packages/evil.pth", "wheel-data-escapes"),
            ("a_b-1.0.data/data/pyvenv.cfg", "wheel-data-escapes"),
            ("a_b-1.0.data/data/.packman/journal", "wheel-data-escapes"),
            ("a_b-1.0.data/data/.packman-disabled/a-1/disabled.json", "wheel-data-escapes"),
        ] {
            assert_eq!(check(path), code, "{path}");
        }
    }
}
