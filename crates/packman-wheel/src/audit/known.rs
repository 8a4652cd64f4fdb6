//! What stands in an environment without a RECORD because it was made with the environment: the interpreter, the
//! scripts that activate it, and the patch of the standard library that virtualenv and uv put there.

use packman_strict::Sha256;

use crate::folder::split;
use crate::scheme::Places;

/// The stem of that patch.
pub(super) const STEM: &str = "_virtualenv";

/// What a line of it says.
const PATCH_PTH: &str = "import _virtualenv";

/// Every content that the patch had in virtualenv (20.0 to 21.7) and uv, by SHA-256: a name alone would
/// be a place to hide in.
const PATCHES: &[&str] = &[
    "6cf30c56faf2a55228914dbbd17f8088ed371ebb08f5e7fa6fd931f913fcaf1d",
    "cfb3db86aaa53bb62b5ff764970bec2d71c9228590a0ebec57f6ec926cc0bf1a",
    "e3e10c8a19a62a49928c139b8e6824eac92dcdda7639953bcd10921011cbbdff",
    "ee52b2e2e720a40885a6b4b90c40e28e5c70e550af74d5efd169eaa5db2a6f6f",
    "0278334cdcfab4c746b4416fbd5c2b6e7da937c81e132397d62c361d404ebe0e",
    "02943e192823d75212f206e1f2991ac572119882683a95dfbb7a1b913d7b14b5",
    "095a1099733d28c837bca584f5fb3eb3724e357f8846c015083dc6e9a7b985f3",
    "0aeb86546345c1d0fada097536e35525714d5cdbcc2d8eb3f9912a955044fcff",
    "0f20351ea7e90039c46d3fabdef991f28b1e3ff33eb13ee6f0d5cd21ea0e8b14",
    "119e4eb9c1a39e6ffd220840844bd326fa1bd3acf2f1c9fa0612949aedc228a5",
    "3cddefd71ca36428ece358c17f71d9f6f98319fa7fbf08865baab12c1f5ac070",
    "460589e83387d4dfe5fd84d41c5f6979599f5cd080983d73c832549161c80435",
    "65de6a7145016299fba5fc2f113d278b53db54fa9a4f32ff4b837d5ee2a4608a",
    "684b8c07932ba4a84ac2e5ae9afe49ef04e92bac3d8d4191d455cf09d093e5fc",
    "6bb12fb4de3e02ba949c40e8abd2de962c579ac9fe12532a3da6daab45d2e79f",
    "7169dab6537491cb9c573ff83ea0112955fd5180d8535cac70d4c987398dbeef",
    "7962a1f1e6f48f9232575b4c2469240101da16d8bb9f13c9b77d9bab42345fb1",
    "82944bb74841efbcfdc3539e7d60df63f43cc023041eb183abbd56f44e071b45",
    "956a757e912269c3a2537374d07e70b8faa04ace69b54df88a21f749c5fd4233",
    "96245d9e9c0b16fdcd99b470abe101863858120c9bf57752278ec4d7f9b09a94",
    "a4d55cb334ce92e6fc5ef92c93db5d1361ad6a3d380de334d4c8e56a43a927ad",
    "bd9633de3d8122488d66fcfa0c7f0c9cd0b58e9147938ddf1f8fa76ca12b6ad5",
    "bec6155ff7bfc88f8e79e481f27fd7ee0a3b40eeca9bfeb41f4c4b997b2f8100",
    "c23104e5f2bb624ee0bfc3f816d2ad10f0704c923701bcfa6ab6449518337275",
    "c76b793e44e33efb566c071f991b0f9cad3e96ded3ebd4d99f31473fa41ca5be",
    "c9199315871b11b12df226f890a38e66e63191e1adbfb11a66e6861151b33fca",
    "ce57d5e0d9b5d7356cb42da7450ba8f9359bdf693e335f4c921626943c77e64d",
    "d1ea23a2be4bcbac5e75c69bc03926397bf53ae16e35c58d7c3b73306cb1a81e",
    "e3db5fe06ab41ca9b95dd6463b83836787028a1b55562cc383803bb83001a45c",
    "e89035423f2b3c09f17e8824e1564f14e0e732dc16cd05dbf4aafc3b7c5d7559",
    "e8c426ce260f866254ff35cefedc8b3efbd6d1446d99d7a4cdeb0095f98a8b8f",
    "f4dfaeb9efc1614890cfa94ed15bbe9b2ee15fbe76d569ef5e435e93e4987dc7",
    "fda4373cd687cc54e2be58d8b36cf209aadf25276fc36f315b80b43f60ed80e0",
];

/// What `venv`, virtualenv and uv put beside the interpreter.
const COMMANDS: [&str; 13] = [
    "Activate.ps1",
    "activate",
    "activate.bat",
    "activate.csh",
    "activate.fish",
    "activate.nu",
    "activate.ps1",
    "activate.xsh",
    "activate_this.py",
    "deactivate.bat",
    "deactivate.nu",
    "pydoc.bat",
    "\u{1d70b}thon",
];

/// Whether a path is a command that came with the environment.
pub(super) fn is_own_command(places: &Places, path: &str) -> bool {
    let (folder, name) = split(path);
    folder == places.scripts && (COMMANDS.contains(&name) || places.interpreters.contains(path))
}

/// Whether a file that Python reads when it starts is the one that virtualenv and uv make.
pub(super) fn is_made_with_environment(name: &str, bytes: &[u8]) -> bool {
    match name {
        "_virtualenv.pth" => bytes.trim_ascii() == PATCH_PTH.as_bytes(),
        "_virtualenv.py" => PATCHES.contains(&Sha256::of(bytes).to_string().as_str()),
        _ => false,
    }
}
