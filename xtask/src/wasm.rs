//! The three wasm builds and their glue, made with wasm-bindgen as a library: no command-line tool, no version skew.
use crate::counts::Counts;
use crate::place::Place;
use crate::sizes;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// Has rustc the standard library for wasm?
fn has_target(place: &Place) -> bool {
    let lib = place
        .output(place.program("rustc").args(["--print", "target-libdir", "--target", TARGET]).stderr(Stdio::null()));
    lib.is_ok_and(|dir| Path::new(dir.trim()).is_dir())
}

fn has_debian() -> bool {
    Path::new("/usr/bin/rustc").exists() && Path::new("/usr/bin/wasm-ld-19").exists()
}

/// Sees to a compiler that can build wasm: rustup's target, else Debian's compiler and library source.
pub fn toolchain(place: &Place) -> Result<()> {
    if has_target(place) {
        return Ok(());
    }
    if place.has("rustup") && place.run(place.program("rustup").args(["target", "add", TARGET]))? && has_target(place) {
        return Ok(());
    }
    println!("rustup has no {TARGET}: falling back to Debian's compiler");
    if !has_debian() {
        place.debian(&DEBIAN, "building wasm without rustup")?;
    }
    ensure!(has_debian(), "Debian's compiler is not where it should be: /usr/bin/rustc, /usr/bin/wasm-ld-19");
    Ok(())
}

/// The cargo that can build wasm here.
pub fn cargo(place: &Place) -> Result<Command> {
    let mut command = place.cargo();
    if !has_target(place) {
        ensure!(has_debian(), "no compiler for {TARGET}: run `cargo xtask setup`");
        command = place.program("/usr/bin/cargo");
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc")
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19")
            .arg("-Zbuild-std=std,panic_abort");
    }
    command.env("RUSTFLAGS", place.nameless());
    Ok(command)
}

/// One of the builds: where it is made, what it is called, and with which features.
struct Build {
    folder: &'static str,
    name: &'static str,
    features: &'static [&'static str],
}

const BUILDS: [Build; 3] = [
    Build { folder: "engine", name: "engine", features: &[] },
    Build { folder: "status", name: "status", features: &["--no-default-features", "--features", "status"] },
    Build { folder: "tools", name: "tools", features: &["--no-default-features", "--features", "tools"] },
];

/// The engine that stops on purpose: for tests, never beside the others.
const FAULTY: Build = Build { folder: "faulty", name: "engine", features: &["--features", "faulty"] };

/// What only the faulty build may name.
const FAULT: &str = "engine_fault";

/// Where the glue and the modules go.
pub fn generated(place: &Place) -> PathBuf {
    place.root.join("bindings-node/src/generated")
}

/// Builds all, writes the glue, and looks at what they ask of their host and how large they are.
pub fn check(place: &Place) -> Result<Counts> {
    let mut counts = Counts::default();
    for build in &BUILDS {
        let bytes = make(place, build, &generated(place))?;
        ensure!(!exports(&bytes)?.iter().any(|name| name == FAULT), "{} stops on purpose", build.name);
        let foreign = foreign_imports(&bytes)?;
        for import in &foreign {
            println!("{} imports {import}", build.name);
        }
        counts.add(Counts::check(foreign.is_empty()));
    }
    counts.add(sizes::check(place, sizes::MODULES)?);
    Ok(counts)
}

/// Builds the engine that stops on purpose into a folder of its own.
pub fn faulty(place: &Place, out: &Path) -> Result<()> {
    let bytes = make(place, &FAULTY, out)?;
    ensure!(exports(&bytes)?.iter().any(|name| name == FAULT), "the faulty build has no `{FAULT}`");
    Ok(())
}

fn make(place: &Place, build: &Build, out: &Path) -> Result<Vec<u8>> {
    // One target folder each: the builds have the same file name.
    let target = place.target.join("wasm").join(build.folder);
    let mut command = cargo(place)?;
    command
        .args(["build", "-p", "brownout-wasm", "--profile", "wasm", "--target", TARGET, "--target-dir"])
        .arg(&target);
    command.args(build.features);
    if build.folder == FAULTY.folder {
        // It is how it stops that is tested, not how fast it is.
        for (key, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "1")] {
            command.env(format!("CARGO_PROFILE_WASM_{key}"), value);
        }
    }
    place.must(&mut command)?;
    let input = target.join(TARGET).join("wasm/brownout_wasm.wasm");
    let glue = place.cache.join("glue").join(build.folder);
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(&input)
        .out_name(build.name)
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.bundler(true)?;
    bindgen.generate(&glue)?;
    let bytes = std::fs::read(glue.join(format!("{}_bg.wasm", build.name)))?;
    std::fs::create_dir_all(out)?;
    write(&out.join(format!("{}_bg.wasm", build.name)), &bytes)?;
    write(
        &out.join(format!("{}_wasm.js", build.name)),
        format!("export default \"{}\";\n", base64(&bytes)).as_bytes(),
    )?;
    write(&out.join(format!("{}_wasm.d.ts", build.name)), b"declare const base64: string;\nexport default base64;\n")?;
    let script = std::fs::read(glue.join(format!("{}_bg.js", build.name)))?;
    write(&out.join(format!("{}_bg.js", build.name)), &script)?;
    let mut types = std::fs::read_to_string(glue.join(format!("{}.d.ts", build.name)))?;
    types.push_str("\nexport function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n");
    write(&out.join(format!("{}_bg.d.ts", build.name)), types.as_bytes())?;
    Ok(bytes)
}

/// Writes only what changed, so that nothing after it builds again for nothing.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(path, bytes).with_context(|| format!("`{}` cannot be written", path.display()))
}

fn exports(module: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let wasmparser::Payload::ExportSection(section) = payload? {
            for export in section {
                names.push(export?.name.to_string());
            }
        }
    }
    Ok(names)
}

/// Imports from anything but the glue: a module that asks for `env` loads nowhere.
fn foreign_imports(module: &[u8]) -> Result<Vec<String>> {
    let mut foreign = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                if !import.module.starts_with("./") {
                    foreign.push(format!("`{}` from `{}`", import.name, import.module));
                }
            }
        }
    }
    Ok(foreign)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The glue must be there before anything that imports it is built.
pub fn ready(place: &Place) -> Result<()> {
    if !generated(place).join("engine_bg.js").exists() {
        bail!("the wasm glue is not built: run `cargo xtask test --only wasm`");
    }
    Ok(())
}
