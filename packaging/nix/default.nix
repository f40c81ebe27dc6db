# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Read by nix-instantiate --parse, and no more: nothing was built by Nix.
#
#   nix-build packaging/nix
#
# The libraries are shared ones: denybox starts slower than a static one, and denybox-attest, which is
# static or not built, is left out.
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation {
  pname = "denybox";
  version = "0.1.0";
  src = ../..;

  nativeBuildInputs = with pkgs; [ autoreconfHook pkg-config ];
  buildInputs = with pkgs; [ elfutils jansson libarchive libcap_ng libseccomp nettle ];
  checkInputs = [ pkgs.check ];
  nativeCheckInputs = [ (pkgs.python3.withPackages (p: [ p.jsonschema ])) ];

  configureFlags = [ "--disable-static" ];
  enableParallelBuilding = true;

  # The live tests need user namespaces and paths that the builder does not have.
  doCheck = true;
  checkFlags = [ "CHECK_LIVE=no" ];

  meta = {
    description = "Sandbox for one program that proves its walls on every start";
    license = pkgs.lib.licenses.lgpl21Plus;
    platforms = [ "x86_64-linux" "aarch64-linux" ];
    mainProgram = "denybox";
  };
}
