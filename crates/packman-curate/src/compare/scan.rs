//! Looks for words and shapes in code that a person should look at: what runs text, unpacks it, starts programs, talks to
//! hosts, reads secrets, hides.
//!
//! These are hints, and no more: an honest release has them too, and whoever knows the words avoids them. Nothing is
//! decided by them. The code is read byte by byte, once, with a bounded memory, so that a line of 100 MB is a line.

use std::collections::BTreeMap;

/// What a line may be a hint of.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Hint {
    /// Characters that are not seen, turn the direction of what is read, or code far off to the right.
    Hides,
    /// It runs a text as code.
    RunsText,
    /// It unpacks or decodes something.
    Decodes,
    /// A long text without a break, as encoded data is.
    Blob,
    /// It starts other programs.
    StartsPrograms,
    /// It talks to the network.
    Network,
    /// It reads what may be secret: variables, keys, tokens.
    Secrets,
    /// It may make itself run again: a start-up file, a timer, a service.
    Stays,
    /// It calls native code.
    CallsNative,
}

impl Hint {
    /// The hint in words, as a verb.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hides => "hides code from its reader",
            Self::RunsText => "runs text as code",
            Self::Decodes => "decodes or unpacks data",
            Self::Blob => "holds a long encoded text",
            Self::StartsPrograms => "starts programs",
            Self::Network => "talks to the network",
            Self::Secrets => "reads variables, keys or tokens",
            Self::Stays => "may make itself run again",
            Self::CallsNative => "calls native code",
        }
    }

    /// The stable name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hides => "hides",
            Self::RunsText => "runs-text",
            Self::Decodes => "decodes",
            Self::Blob => "blob",
            Self::StartsPrograms => "starts-programs",
            Self::Network => "network",
            Self::Secrets => "secrets",
            Self::Stays => "stays",
            Self::CallsNative => "calls-native",
        }
    }
}

/// A text without a break of at least so many bytes is a blob.
const BLOB: usize = 400;
/// A line of at least so many bytes is none that a person wrote.
const LONG_LINE: u64 = 4_000;
/// So many blanks within a line move what follows out of sight.
const FAR: u32 = 120;
/// The longest word that is looked at.
const WORD: usize = 32;
/// How many hosts of one file are kept.
const HOSTS: usize = 64;
/// The longest name of a host.
const HOST: usize = 253;
/// So many selectors of variants are no emoji.
const SELECTORS: u32 = 8;

/// What was found in code.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The first line of each hint, and how often it was met.
    pub(super) hints: BTreeMap<Hint, (u64, u64)>,
    /// Hosts that are named in addresses, each with its first line.
    pub(super) hosts: BTreeMap<String, u64>,
    /// The longest line, in bytes.
    pub(super) longest: u64,
}

impl Found {
    fn hint(&mut self, hint: Hint, line: u64) {
        self.hints.entry(hint).or_insert((line, 0)).1 += 1;
    }

    pub(super) fn has(&self, hint: Hint) -> bool {
        self.hints.contains_key(&hint)
    }
}

/// Reads code.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of what stands before the next byte")]
pub(super) struct Scanner {
    found: Found,
    line: u64,
    column: u64,
    /// The word that is being read; longer ones are cut.
    word: Vec<u8>,
    /// Whether blanks came after it.
    is_ended: bool,
    /// What stood before it.
    before: u8,
    last: u8,
    /// How long the text without a break is by now.
    unbroken: usize,
    is_blob_told: bool,
    is_long_told: bool,
    /// Blanks in a row, and whether something stands before them on the line.
    blanks: u32,
    has_text: bool,
    /// The host that is being read, after `://`.
    host: Option<Vec<u8>>,
    slashes: u8,
    /// A character beyond ASCII that is being read: what of it came, and how many bytes it lacks.
    wide: (u32, u8),
    selectors: u32,
}

impl Scanner {
    /// Reads one line that stands at this number, from 1.
    pub(super) fn line(&mut self, number: u64, line: &[u8]) {
        self.line = number - 1;
        self.piece(line);
        self.byte(b'\n');
    }

    /// Reads the next piece of a whole file.
    pub(super) fn piece(&mut self, piece: &[u8]) {
        piece.iter().for_each(|byte| self.byte(*byte));
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Found {
        self.byte(b'\n');
        self.found
    }

    fn number(&self) -> u64 {
        self.line + 1
    }

    fn byte(&mut self, byte: u8) {
        self.read_host(byte);
        self.read_word(byte);
        self.read_shape(byte);
        if byte >= 0x80 {
            self.read_wide(byte);
        }
        self.last = byte;
        if byte == b'\n' {
            self.found.longest = self.found.longest.max(self.column);
            self.line += 1;
            (self.column, self.blanks, self.has_text, self.is_long_told) = (0, 0, false, false);
        } else {
            self.column += 1;
        }
    }

    fn read_word(&mut self, byte: u8) {
        // A call may be written with blanks before its parenthesis.
        if self.is_ended {
            if byte == b' ' {
                return;
            }
            self.end_word(byte);
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            if self.word.is_empty() {
                self.before = self.last;
            }
            if self.word.len() <= WORD {
                self.word.push(byte);
            }
        } else if !self.word.is_empty() && byte == b' ' {
            self.is_ended = true;
        } else if !self.word.is_empty() {
            self.end_word(byte);
        }
    }

    fn end_word(&mut self, after: u8) {
        if let Some(hint) = of_word(&self.word, self.before, after) {
            let number = self.number();
            self.found.hint(hint, number);
        }
        self.word.clear();
        self.is_ended = false;
    }

    fn read_shape(&mut self, byte: u8) {
        let is_unbroken =
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'\\' | b'%');
        self.unbroken = if is_unbroken { self.unbroken.saturating_add(1) } else { 0 };
        if !is_unbroken {
            self.is_blob_told = false;
        }
        let is_long = self.column == LONG_LINE && !self.is_long_told;
        if (self.unbroken >= BLOB && !self.is_blob_told) || is_long {
            (self.is_blob_told, self.is_long_told) = (true, true);
            let number = self.number();
            self.found.hint(Hint::Blob, number);
        }
        if matches!(byte, b' ' | b'\t') {
            self.blanks = self.blanks.saturating_add(1);
            return;
        }
        if self.blanks >= FAR && self.has_text && !matches!(byte, b'\r' | b'\n') {
            let number = self.number();
            self.found.hint(Hint::Hides, number);
        }
        self.blanks = 0;
        self.has_text = true;
    }

    fn read_host(&mut self, byte: u8) {
        if let Some(host) = &mut self.host {
            let belongs = byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'-' | b':' | b'@' | b'[' | b']' | b'_');
            if belongs && host.len() < HOST {
                host.push(byte);
                return;
            }
            let host = String::from_utf8_lossy(host).trim_end_matches(['.', ':']).to_ascii_lowercase();
            self.host = None;
            let number = self.number();
            if host.contains(['.', ':']) && self.found.hosts.len() < HOSTS {
                self.found.hosts.entry(host).or_insert(number);
            }
        }
        self.slashes = match (byte, self.last, self.slashes) {
            (b'/', b':', _) => 1,
            (b'/', b'/', 1) => {
                self.host = Some(Vec::new());
                0
            }
            _ => 0,
        };
    }

    fn read_wide(&mut self, byte: u8) {
        let (so_far, lacks) = self.wide;
        self.wide = match byte {
            0xc0..=0xdf => (u32::from(byte & 0x1f), 1),
            0xe0..=0xef => (u32::from(byte & 0x0f), 2),
            0xf0..=0xf7 => (u32::from(byte & 0x07), 3),
            0x80..=0xbf if lacks > 0 => (so_far << 6 | u32::from(byte & 0x3f), lacks - 1),
            _ => (0, 0),
        };
        let (character, lacks) = self.wide;
        if lacks > 0 {
            return;
        }
        self.wide = (0, 0);
        let is_selector = matches!(character, 0xfe00..=0xfe0f);
        self.selectors += u32::from(is_selector);
        if hides(character, self.line == 0 && self.column <= 2)
            || (is_selector && self.selectors == SELECTORS)
        {
            let number = self.number();
            self.found.hint(Hint::Hides, number);
        }
    }
}

/// Whether a character is not seen, or turns the direction of what stands around it.
fn hides(character: u32, at_the_beginning: bool) -> bool {
    match character {
        // A mark of the order of bytes is usual at the beginning of a file.
        0xfeff => !at_the_beginning,
        // Joiners and marks of direction, letters that show nothing, tags and selectors.
        0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x2064
        | 0x2066..=0x2069
        | 0x115f
        | 0x1160
        | 0x3164
        | 0xffa0
        | 0x00ad
        | 0x180e
        | 0xe0000..=0xe01ef => true,
        _ => false,
    }
}

/// What a word hints at, with what stands before and after it.
fn of_word(word: &[u8], before: u8, after: u8) -> Option<Hint> {
    let word = std::str::from_utf8(word).ok()?;
    // `re.compile(…)` and `frame.eval(…)` are other things than `compile(…)` and `eval(…)`.
    let is_call = after == b'(' && before != b'.';
    match word {
        "exec" | "eval" | "compile" | "execfile" | "Function" if is_call => Some(Hint::RunsText),
        "__import__"
        | "__builtins__"
        | "exec_module"
        | "runpy"
        | "FunctionType"
        | "CodeType"
        | "InteractiveInterpreter"
        | "run_path"
        | "source_from_cache" => Some(Hint::RunsText),
        "base64" | "b64decode" | "b32decode" | "b16decode" | "b85decode" | "a85decode" | "z85decode"
        | "urlsafe_b64decode" | "standard_b64decode" | "decodebytes" | "decodestring" | "fromhex"
        | "unhexlify" | "a2b_base64" | "a2b_hex" | "decompress" | "decompressobj" | "marshal" | "rot13"
        | "rot_13" | "zlib" | "lzma" | "atob" | "pickle" | "cPickle" | "dill" | "cloudpickle"
        | "frombuffer" | "wave" | "FromBase64String" => Some(Hint::Decodes),
        "subprocess"
        | "Popen"
        | "check_output"
        | "check_call"
        | "getoutput"
        | "getstatusoutput"
        | "create_subprocess_exec"
        | "create_subprocess_shell"
        | "startfile"
        | "ShellExecute"
        | "ShellExecuteW"
        | "child_process"
        | "execSync"
        | "spawnSync"
        | "execv"
        | "execve"
        | "execvp"
        | "execvpe"
        | "execl"
        | "execlp"
        | "spawnl"
        | "spawnv"
        | "spawnvp"
        | "posix_spawn"
        | "forkpty"
        | "rundll32"
        | "powershell"
        | "pexpect"
        | "sh" => (word != "sh" || (before == b'/' && after != b'.')).then_some(Hint::StartsPrograms),
        "system" | "popen" if before == b'.' && after == b'(' => Some(Hint::StartsPrograms),
        "socket" | "urllib" | "urllib2" | "urlopen" | "urlretrieve" | "requests" | "httpx" | "aiohttp"
        | "HTTPConnection" | "HTTPSConnection" | "ftplib" | "smtplib" | "telnetlib" | "paramiko"
        | "websocket" | "websockets" | "pycurl" | "XMLHttpRequest" | "gethostbyname" | "getaddrinfo"
        | "create_connection" | "open_connection" | "curl" | "wget" | "sendMessage" | "sendDocument"
        | "DownloadString" | "DownloadFile" | "WebClient" => Some(Hint::Network),
        "environ"
        | "getenv"
        | "id_rsa"
        | "id_ed25519"
        | "authorized_keys"
        | "known_hosts"
        | "keyring"
        | "GITHUB_TOKEN"
        | "NPM_TOKEN"
        | "PYPI_TOKEN"
        | "AWS_SECRET_ACCESS_KEY"
        | "_authToken"
        | "bash_history"
        | "trufflehog" => Some(Hint::Secrets),
        "ssh" | "aws" | "kube" | "npmrc" | "pypirc" | "netrc" | "gnupg" | "azure" | "docker" | "env"
            if before == b'.' =>
        {
            (word != "env" || after != b'.').then_some(Hint::Secrets)
        }
        "sitecustomize" | "usercustomize" | "crontab" | "systemctl" | "LaunchAgents" | "LaunchDaemons"
        | "schtasks" | "CurrentVersion" | "bashrc" | "zshrc" | "bash_profile" | "autostart" => {
            Some(Hint::Stays)
        }
        "pth" if before == b'.' => Some(Hint::Stays),
        "ctypes" | "cffi" | "CDLL" | "WinDLL" | "windll" | "cdll" | "LoadLibrary" | "LoadLibraryA"
        | "LoadLibraryW" | "dlopen" | "VirtualAlloc" | "memfd_create" => Some(Hint::CallsNative),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Scanner;

    fn check(code: &str) -> String {
        let mut scanner = Scanner::default();
        scanner.piece(code.as_bytes());
        let found = scanner.finish();
        let hints = found.hints.iter().map(|(hint, (line, times))| format!("{}:{line}x{times}", hint.name()));
        let hosts = found.hosts.iter().map(|(host, line)| format!("{host}:{line}"));
        hints.chain(hosts).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn finds_what_a_person_should_look_at() {
        let blob = "QUJD".repeat(200);
        for (code, found) in [
            ("x = 1\n", ""),
            ("exec(x)\neval (x)\n", "runs-text:1x2"),
            ("re.compile(x)\nframe.eval(x)\ndefexec(x)\n", ""),
            ("\nimport base64\nbase64.b64decode(x)", "decodes:2x3"),
            ("os.system('x')\nsystem('x')\n", "starts-programs:1x1"),
            ("import subprocess, socket\n", "starts-programs:1x1 network:1x1"),
            ("os.environ['A']; open('~/.ssh/x')\n", "secrets:1x2"),
            (&format!("x = '{blob}'\n"), "blob:1x1"),
            (&format!("x = '{}'\n", "a b ".repeat(2_000)), "blob:1x1"),
            (&format!("x = 1;{}y = 2\n", " ".repeat(300)), "hides:1x1"),
            (&format!("{}y = 2\n", " ".repeat(300)), ""),
            ("# \u{202e}x\n", "hides:1x1"),
            ("\u{feff}x\n", ""),
            ("x = '\u{feff}'\n", "hides:1x1"),
            ("x = '❤\u{fe0f}'\n", ""),
            (&format!("x = '{}'\n", "\u{fe01}".repeat(9)), "hides:1x1"),
            ("x = '\u{e0101}\u{e0102}'\n", "hides:1x2"),
            ("# see https://example.org/a\nu = 'http://10.0.0.1:80/x'\n", "10.0.0.1:80:2 example.org:1"),
            ("'https://' + host\n", ""),
        ] {
            assert_eq!(check(code), found, "{code:?}");
        }
    }

    #[test]
    fn pieces_are_read_as_the_whole_is() {
        let code = "import base64\nexec(base64.b64decode('x'))\nu = 'https://a.example/'\n# \u{202e}\n";
        let mut scanner = Scanner::default();
        code.as_bytes().chunks(1).for_each(|piece| scanner.piece(piece));
        let found = scanner.finish();
        assert_eq!((found.hints.len(), found.hosts.len()), (3, 1));
        assert_eq!(found.hints.values().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 2, 1]);
    }
}
