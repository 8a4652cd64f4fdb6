//! Platform tags of Linux: manylinux (PEP 600 and its three older names) and musllinux (PEP 656).

use super::Libc;

/// Processors for which manylinux is defined; `armv7l` means the hard-float variant, the only one in use.
const MANYLINUX: [&str; 9] =
    ["x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"];

/// The highest minor version to assume of a glibc 2, should there be a 3.
const LAST_GLIBC_2: u16 = 50;

/// Lists the platform tags of a Linux, best first.
pub(super) fn platforms(machine: &str, libc: Libc) -> Vec<String> {
    // A 64-bit ARM kernel runs modules for 32-bit ARM too.
    let machines = if machine == "armv8l" { vec!["armv8l", "armv7l"] } else { vec![machine] };
    let mut list: Vec<String> = machines.iter().map(|machine| format!("linux_{machine}")).collect();
    for machine in &machines {
        match libc {
            Libc::Glibc(major, minor) if machines.iter().any(|one| MANYLINUX.contains(one)) => {
                manylinux(machine, major, minor, &mut list);
            }
            Libc::Musl(major, minor) => {
                list.extend((0..=minor).rev().map(|minor| format!("musllinux_{major}_{minor}_{machine}")));
            }
            _ => {}
        }
    }
    list
}

fn manylinux(machine: &str, major: u16, minor: u16, list: &mut Vec<String>) {
    // Older ones were never defined for other processors.
    let oldest = if matches!(machine, "x86_64" | "i686") { 5 } else { 17 };
    for older in (2..=major).rev() {
        let newest = if older == major { minor } else { LAST_GLIBC_2 };
        let oldest = if older == 2 { oldest } else { 0 };
        for minor in (oldest..=newest).rev() {
            let major = older;
            list.push(format!("manylinux_{major}_{minor}_{machine}"));
            let older_name = match (major, minor) {
                (2, 17) => "manylinux2014",
                (2, 12) => "manylinux2010",
                (2, 5) => "manylinux1",
                _ => continue,
            };
            list.push(format!("{older_name}_{machine}"));
        }
    }
}
