//! Where the emulator's Python is.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// Names the virtual environment, where it is not below a target folder.
const VARIABLE: &str = "SHOPSTREAM_EMULATOR";

/// The Python of the virtual environment that has what the emulator wants.
pub(super) fn python(folder: &Path) -> io::Result<PathBuf> {
    let wanted = fs::read(folder.join("requirements.txt"))?;
    let places = places(folder);
    for place in &places {
        let python = place.join("bin/python");
        // It is written last, when all is installed.
        let Ok(installed) = fs::read(place.join("installed.txt")) else { continue };
        if installed != wanted {
            let old =
                format!("the Snowflake emulator in {} is of other versions: run scripts/emulator", place.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, old));
        }
        return Ok(python);
    }
    let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        format!(
            "the Snowflake emulator is not installed: run scripts/emulator, or name its virtual environment in {VARIABLE} \
             (looked for: {})",
            places.join(", ")
        ),
    ))
}

/// Where it may be: what the variable names, or else `emulator` below a target folder, be it the one that cargo is told,
/// the one that this program is in, or the checkout's own.
fn places(folder: &Path) -> Vec<PathBuf> {
    if let Some(place) = env::var_os(VARIABLE).filter(|place| !place.is_empty()) {
        return vec![place.into()];
    }
    let told = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let program = env::current_exe().ok();
    // A program is in target/debug, target/debug/deps, target/TRIPLE/debug/examples, …
    let around = program.iter().flat_map(|program| program.ancestors().skip(1).take(4)).map(Path::to_path_buf);
    let checkout = folder.ancestors().nth(2).map(|checkout| checkout.join("target"));
    told.into_iter().chain(around).chain(checkout).map(|target| target.join("emulator")).collect()
}
