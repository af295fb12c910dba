//! Whether a program starts on Lambda's `provided.al2023`.

use anyhow::{Context as _, Result, bail, ensure};
use object::Endianness;
use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::FileHeader as _;

use crate::Architecture;

/// The glibc of Amazon Linux 2023: <https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html>.
const GLIBC: &str = "2.34";

/// What glibc itself consists of. The image has a few libraries more, of which no version is promised.
const LIBRARIES: [&str; 7] = [
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// Checks that a program is one for Linux on an architecture, that it needs no library but glibc's, and of that nothing
/// newer than Lambda's `provided.al2023` has.
///
/// # Errors
///
/// When it is not, with what is too new, or missing there.
pub fn check(program: &[u8], architecture: Architecture) -> Result<()> {
    let header = FileHeader64::<Endianness>::parse(program).context("it is not an ELF program")?;
    let endian = header.endian()?;
    let wanted = match architecture {
        Architecture::X86_64 => EM_X86_64,
        Architecture::Arm64 => EM_AARCH64,
    };
    let machine = header.e_machine(endian);
    ensure!(
        machine == wanted,
        "it is for the ELF machine {machine}, not for {}",
        architecture.name()
    );
    let sections = header.sections(endian, program)?;
    let dynamic = sections.dynamic_table(endian, program)?;
    for entry in dynamic.iter().filter(|entry| entry.tag == DT_NEEDED) {
        let library = String::from_utf8_lossy(dynamic.string(entry)?);
        ensure!(
            LIBRARIES.contains(&library.as_ref()),
            "it needs `{library}`, which `provided.al2023` does not promise"
        );
    }
    let Some((mut libraries, strings)) = sections.gnu_verneed(endian, program)? else {
        bail!("it names no version of glibc, as a program that is linked against it does");
    };
    let strings = sections.strings(endian, program, strings)?;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, strings)?);
            ensure!(
                is_old_enough(&name),
                "it needs `{name}`; `provided.al2023` has glibc {GLIBC}"
            );
        }
    }
    Ok(())
}

/// Whether the image has a version of glibc's symbols. `GLIBC_PRIVATE` promises nothing.
fn is_old_enough(version: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<u32>> {
        text.split('.').map(|number| number.parse().ok()).collect()
    };
    let needed = version.strip_prefix("GLIBC_").and_then(numbers);
    needed.is_some_and(|needed| Some(needed) <= numbers(GLIBC))
}
