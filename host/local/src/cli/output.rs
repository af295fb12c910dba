//! Standard output, which whoever reads it may close before all is written, as `head` does.

use std::io::{self, Write};

/// Standard output. Where it is closed the program ends, with success: the reader has enough.
pub(super) struct Output;

/// Writes a line, or ends the program.
pub(super) fn say(line: &str) {
    if let Err(error) = writeln!(Output, "{line}") {
        complain(&format!("error: cannot write to standard output: {error}"));
        std::process::exit(1);
    }
}

/// Ends the program where the reader has gone.
fn or_end<T>(written: io::Result<T>) -> io::Result<T> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => written,
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        or_end(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        or_end(io::stdout().flush())
    }
}

#[expect(clippy::print_stderr, reason = "errors go to standard error")]
fn complain(line: &str) {
    eprintln!("{line}");
}
