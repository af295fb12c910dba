//! Native code of a plugin that was compiled before it is deployed, so that a cold start need not.
//!
//! It lies beside the component and the executable, as `<name>.cwasm` beside `<name>.wasm`: a line with the SHA-256 of the
//! component, the engine's version and settings as one number, and the SHA-256 of the code; then the code as wasmtime
//! serializes it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use super::Engine;

/// Compiles a component for loading.
pub(super) fn compile(
    engine: &Engine,
    component: &[u8],
    digest: &str,
) -> wasmtime::Result<Vec<u8>> {
    let code = engine.wasmtime().precompile_component(component)?;
    let mut file = first_line(engine, digest, &code).into_bytes();
    file.extend(code);
    Ok(file)
}

/// The compiled component beside a component's file; None where there is none, it lies elsewhere than the executable, or
/// was made of another component, by another version, or for other machines.
pub(super) fn load(engine: &Engine, component: &Path, digest: &str) -> Option<Component> {
    let path = component.with_extension("cwasm").canonicalize().ok()?;
    let executable = std::env::current_exe().ok()?.canonicalize().ok()?;
    if path.parent() != executable.parent() {
        return None;
    }
    let file = std::fs::read(&path).ok()?;
    let loaded = file
        .iter()
        .position(|byte| *byte == b'\n')
        .map(|end| file.split_at(end + 1))
        .filter(|(line, code)| *line == first_line(engine, digest, code).as_bytes())
        .and_then(|(_, code)| deserialize(engine, code).ok());
    if loaded.is_none() {
        tracing::warn!(path = %path.display(), "native code does not fit, so that the plugin is compiled");
    }
    loaded
}

fn first_line(engine: &Engine, digest: &str, code: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine
        .wasmtime()
        .precompile_compatibility_hash()
        .hash(&mut hasher);
    let settings = hasher.finish();
    format!("{digest} {settings:016x} {:x}\n", Sha256::digest(code))
}

#[expect(
    unsafe_code,
    reason = "the code is as trusted as the executable, which lies beside it, and its digest was checked"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `compile` made the code, since its first line says so; who can write a file beside the executable can write
    // the executable too.
    unsafe { Component::deserialize(engine.wasmtime(), code) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test")]

    use super::*;

    /// A component without anything in it.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn code_is_loaded_where_it_was_made_of_the_component_and_is_whole() {
        let engine = Engine::new().unwrap();
        let beside_the_executable = std::env::current_exe().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir_in(beside_the_executable.parent().unwrap()).unwrap();
        let component = beside_the_executable.with_file_name("empty-component.wasm");
        let is_loaded = |file: &[u8], digest: &str| {
            std::fs::write(component.with_extension("cwasm"), file).unwrap();
            load(&engine, &component, digest).is_some()
        };
        let file = compile(&engine, EMPTY, "digest").unwrap();
        assert!(is_loaded(&file, "digest"));
        assert!(!is_loaded(&file, "other digest"));
        assert!(!is_loaded(&file[..file.len() - 1], "digest"));
        let mut changed = file.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(!is_loaded(&changed, "digest"));
        let mut of_another_version = file.clone();
        of_another_version["digest ".len()] ^= 1;
        assert!(!is_loaded(&of_another_version, "digest"));
        assert!(!is_loaded(EMPTY, "digest"));
        assert!(!is_loaded(b"", "digest"));
        std::fs::remove_file(component.with_extension("cwasm")).unwrap();
        assert!(load(&engine, &component, "digest").is_none());
        for folder in [&elsewhere, &folder] {
            let component = folder.path().join("empty.wasm");
            std::fs::write(component.with_extension("cwasm"), &file).unwrap();
            assert!(load(&engine, &component, "digest").is_none());
        }
    }
}
