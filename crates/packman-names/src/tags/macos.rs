//! Platform tags of macOS: every older version's wheels run on a newer one, alone or as a universal binary.

/// Lists the platform tags of a macOS, best first, as `packaging.tags.mac_platforms()` does.
pub(super) fn platforms(version: (u16, u16), machine: &str) -> Vec<String> {
    let mut list = Vec::new();
    let mut add = |version: (u16, u16), formats: &[&str]| {
        let (major, minor) = version;
        list.extend(formats.iter().map(|format| format!("macosx_{major}_{minor}_{format}")));
    };
    if version < (11, 0) {
        // Before 11 each yearly release raised the second number.
        for minor in (0..=version.1).rev() {
            add((10, minor), &formats((10, minor), machine));
        }
        return list;
    }
    // From 11 on each raises the first; the second is for updates, which change nothing here.
    for major in (11..=version.0).rev() {
        add((major, 0), &formats((major, 0), machine));
    }
    for minor in (4..=16).rev() {
        // No arm64 binary is older than 11, but the other half of a universal one may be.
        let older = if machine == "x86_64" { formats((10, minor), machine) } else { vec!["universal2"] };
        add((10, minor), &older);
    }
    list
}

/// Lists the kinds of binaries that hold code for a processor, the processor's own first.
fn formats(version: (u16, u16), machine: &str) -> Vec<&str> {
    let mut formats = vec![machine];
    match machine {
        "x86_64" | "i386" if version < (10, 4) => return Vec::new(),
        "x86_64" => formats.extend(["intel", "fat64", "fat3", "universal2", "universal"]),
        "i386" => formats.extend(["intel", "fat3", "fat", "universal"]),
        "arm64" => formats.push("universal2"),
        _ => {}
    }
    formats
}
