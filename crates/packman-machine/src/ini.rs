//! Reading the settings files of Python's own tools, by the rules of its `configparser`.

/// A setting: its section and key in lower case, and its value.
pub(crate) struct Setting {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Reads every setting in order; lines that are none are passed over, since what is wanted may still be there.
pub(crate) fn settings(text: &str) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    let mut section = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let words = line.trim();
        if words.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            // What is indented goes on with the value above.
            if let Some(last) = found.last_mut().filter(|last| last.section == section) {
                if !last.value.is_empty() {
                    last.value.push('\n');
                }
                last.value.push_str(words);
            }
        } else if let Some(name) = words.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_ascii_lowercase();
        } else if let Some((key, value)) = words.split_once(['=', ':']) {
            let key = key.trim().to_ascii_lowercase();
            found.push(Setting { section: section.clone(), key, value: value.trim().to_owned() });
        }
    }
    for setting in &mut found {
        setting.value.truncate(setting.value.trim_end().len());
    }
    found
}

/// The last value of a key in a section, both in lower case.
pub(crate) fn value(text: &str, section: &str, key: &str) -> Option<String> {
    settings(text)
        .into_iter()
        .rev()
        .find(|setting| setting.section == section && setting.key == key)
        .map(|setting| setting.value)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn settings_are_read_as_python_reads_them() {
        let text = "home = /usr/bin\n\
            # [global]\n\
            [Global]\r\n\
            Index-URL: https://a.example/simple?x=1 \n\
            ; note\n\
            broken\n\
            [externally-managed]\n\
            Error=To install\n say so,\n\n \twith = signs\n\
            [global]\n\
            timeout = 1\n\
            \x20 2\n";
        let check = |section, key, found: Option<&str>| {
            assert_eq!(value(text, section, key).as_deref(), found, "{section} {key}");
        };
        check("", "home", Some("/usr/bin"));
        check("global", "index-url", Some("https://a.example/simple?x=1"));
        check("global", "broken", None);
        check("global", "timeout", Some("1\n2"));
        check("externally-managed", "error", Some("To install\nsay so,\nwith = signs"));
    }
}
