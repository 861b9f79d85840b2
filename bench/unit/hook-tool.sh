#!/bin/sh
# Every hook tool of the bench: it counts its call and answers with what stands ready in the files of
# `answers`, which `juju-answers.ts` keeps as Juju would. Builtins only, so that a call costs what it
# costs to start a small program and nothing more.

answers=${0%/*}/../answers
tool=${0##*/}
printf '%s\n' "$tool" >>"$answers/calls"

relation=
scope=unit
port=
while [ $# -gt 0 ]; do
  case $1 in
    -r)
      relation=$2
      shift
      ;;
    --app) scope=app ;;
    --)
      shift
      break
      ;;
    *) port=$1 ;;
  esac
  shift
done

# Prints the one line of a file, or something else where there is no such file.
tell() {
  line=$2
  if [ -e "$1" ]; then IFS= read -r line <"$1"; fi
  printf '%s\n' "$line"
}

case $tool in
  is-leader) echo true ;;
  config-get | network-get) tell "$answers/$tool" '{}' ;;
  relation-ids) tell "$answers/relation-ids/$1" '[]' ;;
  relation-list) tell "$answers/members/$relation/$scope" '[]' ;;
  relation-get)
    bag=$answers/bags/$relation/$2
    if [ "$scope" = app ]; then bag=$bag/app; fi
    case $1 in
      -) tell "$bag/-" '{}' ;;
      *) tell "$bag/$1" null ;;
    esac
    ;;
  relation-set)
    IFS= read -r line
    printf '%s\n' "$relation $scope $line" >>"$answers/writes"
    ;;
  status-set) printf '%s\n' "$1 $2" >"$answers/status" ;;
  application-version-set) printf '%s\n' "$1" >"$answers/version" ;;
  # Kept so that a hook that fails can be heard.
  juju-log) printf '%s\n' "$1" >>"$answers/log" ;;
  open-port | close-port) printf '%s\n' "$tool $port" >>"$answers/ports" ;;
  opened-ports) tell "$answers/opened-ports" '[]' ;;
  *)
    # A hook that asks for more than it used to must not be measured with nonsense for an answer.
    echo "ERROR the bench has no answer for $tool" >&2
    exit 1
    ;;
esac
