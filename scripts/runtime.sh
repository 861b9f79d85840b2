#!/bin/sh
# Sees that the Node that came with this checkout runs, before anything is asked of it. It needs
# libatomic, which minimal installations of Debian and Ubuntu lack.
node=$(dirname "$0")/../node_modules/.bin/node
if [ ! -e "$node" ]; then
  echo "Node is not here yet: run 'npm ci' first" >&2
  exit 1
fi
"$node" -e 0 2>/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing libatomic1, which Node needs"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -qq -y libatomic1 >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -qq -y libatomic1 >/dev/null; }
fi
"$node" -e 0 && exit 0
echo "Node does not run here: install what it misses, most likely with 'sudo apt-get install libatomic1'" >&2
exit 1
