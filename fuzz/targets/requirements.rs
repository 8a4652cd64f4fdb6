#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| packman_fuzz::requirements(bytes));
