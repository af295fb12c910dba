//! Writes what fuzzers begin with, the well-formed messages of the property tests, into a folder for each target.

use std::path::Path;

use readers::samples;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (target, seeds) in [
        ("block", samples::blocks()),
        ("page", samples::pages()),
        ("part", samples::parts()),
        ("request", samples::requests()),
        ("spilled", samples::objects()),
        // Any bytes are a value set.
        ("value_set", Vec::new()),
    ] {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
