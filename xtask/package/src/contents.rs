//! Which files a package holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use connector::plugin::{Admitted, Engine, precompile};

use crate::Architecture;
use crate::bill::bill;
use crate::dependencies::dependencies;
use crate::licences::notices;
use crate::toolchain::parts_of_toolchain;

/// The plugins that every package has: those of `plugins/`.
pub const PLUGINS: [&str; 5] = ["timestream", "java-compat", "guard", "tenant", "wide"];

/// The file that lists what is linked in, for programs.
pub const BILL: &str = "sbom.cdx.json";

/// What a package is made from.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The folder of the workspace.
    pub root: &'a Path,
    /// What the function runs on.
    pub architecture: Architecture,
    /// The function's program.
    pub bootstrap: Vec<u8>,
    /// The plugins' files.
    pub plugins: Vec<PathBuf>,
    /// The folder of Zig, which has linked the program.
    pub zig: &'a Path,
}

/// Reads and makes the files of a package, by their names in it.
///
/// # Errors
///
/// When a file cannot be read, a plugin would be refused, two have one name, or cargo cannot tell what is linked in.
pub fn contents(sources: Sources<'_>) -> Result<BTreeMap<String, Vec<u8>>> {
    let Sources {
        root,
        architecture,
        bootstrap,
        plugins,
        zig,
    } = sources;
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let mut files = BTreeMap::from([("bootstrap".to_owned(), bootstrap)]);
    let (own, engine) = (Engine::new()?, Engine::compiling_for(architecture.rust())?);
    for path in &plugins {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.and_then(|name| name.strip_suffix(".wasm"));
        let name =
            name.with_context(|| format!("{} is not a file `<name>.wasm`", path.display()))?;
        let plugin = read(path)?;
        Admitted::from_bytes(&own, &plugin).with_context(|| path.display().to_string())?;
        files.insert(format!("{name}.cwasm"), precompile(&engine, &plugin)?);
        let before = files.insert(format!("{name}.wasm"), plugin);
        ensure!(before.is_none(), "two plugins have the name `{name}`");
    }
    let mut parts = dependencies(root, architecture, &PLUGINS)?;
    parts.extend(parts_of_toolchain(zig)?);
    files.insert("LICENSE".to_owned(), read(&root.join("LICENSE"))?);
    files.insert("THIRD-PARTY.txt".to_owned(), notices(&parts)?.into_bytes());
    files.insert(BILL.to_owned(), bill(architecture, &parts)?);
    Ok(files)
}
