//! How much one release may say of its needs. Each line is read, compared and solved for over and over.

use crate::NameError;

/// The most lines of one field (`Requires-Dist`, `Provides-Extra`). The most that are known are 882 (`boto3-stubs`).
const MOST_LINES: usize = 4_096;

/// The most bytes of all lines of one field together. The most that are known are 59 kB (`types-aiobotocore`).
const MOST_BYTES: usize = 1 << 20;

/// Refuses a field of METADATA of which there is more than any release has.
pub fn refuse_excess<'l>(
    field: &'static str,
    lines: impl IntoIterator<Item = &'l str>,
) -> Result<(), NameError> {
    let (mut count, mut bytes) = (0_usize, 0_usize);
    for line in lines {
        count = count.saturating_add(1);
        bytes = bytes.saturating_add(line.len());
        if count > MOST_LINES || bytes > MOST_BYTES {
            let wanted = format!("wanted at most {MOST_LINES} lines of {MOST_BYTES} bytes together");
            return Err(NameError::new("METADATA field", field, format!("has more, {wanted}")));
        }
    }
    Ok(())
}
