#!/usr/bin/env bash
# The steps of the action, see action.yml. What the caller gives stands in variables that begin with INPUT_: it becomes
# arguments of swscan, and nothing of it is run, expanded or taken for a command of the runner.
set -euo pipefail
set -f

# The most that GitHub shows of a step's summary.
SUMMARY_BYTES=1048576

random_word() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Sets an output of the step, whatever is in the value.
output() {
    local end
    end=$(random_word)
    printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >>"$GITHUB_OUTPUT"
}

fail() {
    printf 'swscan: %s\n' "$2" >&2
    output exit-code "$1"
    exit "$1"
}

# --- get: a program to scan with ---------------------------------------------------------------------------------------

platform() {
    case "$(uname -s) $(uname -m)" in
        'Linux x86_64') echo linux-x86_64 ;;
        'Linux aarch64') echo linux-aarch64 ;;
        'Darwin arm64') echo osx-aarch64 ;;
        *) fail 2 "there is no release for $(uname -s) $(uname -m) that this action can run" ;;
    esac
}

fetch() {
    curl --fail --silent --show-error --location --proto '=https' --retry 3 --output "$2" "$1" \
        || fail 4 "$1 cannot be fetched"
}

sha256_check() {
    if command -v sha256sum >/dev/null; then
        sha256sum --check --strict --quiet
    else
        shasum -a 256 --check --strict --quiet
    fi
}

# A release is used only as its checksum says.
get_release() {
    local number name url folder
    [[ $1 =~ ^v?[0-9]+\.[0-9]+\.[0-9]+([-.][0-9A-Za-z.-]+)?$ ]] || fail 2 "version must be that of a release, such as v0.1.0"
    number=${1#v}
    name=swscan-$number-$(platform)
    # Of an action that lies in the caller's own repository, GitHub names none.
    url=${GITHUB_SERVER_URL:-https://github.com}/${ACTION_REPOSITORY:-$GITHUB_REPOSITORY}/releases/download/v$number
    folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/swscan-release.XXXXXX")
    fetch "$url/SHA256SUMS" "$folder/SHA256SUMS"
    fetch "$url/$name.tar.gz" "$folder/$name.tar.gz"
    (
        cd "$folder"
        awk -v name="$name.tar.gz" '$2 == name' SHA256SUMS >sum
        [ -s sum ] && sha256_check <sum
    ) || fail 4 "$name.tar.gz is not the file that SHA256SUMS of the release tells of"
    tar -xzf "$folder/$name.tar.gz" -C "$folder" || fail 4 "$name.tar.gz cannot be unpacked"
    output program "$folder/$name/bin/swscan"
}

get() {
    local program
    if [ -n "${INPUT_VERSION:-}" ]; then
        get_release "$INPUT_VERSION"
    else
        program=$(CDPATH='' cd -- "$GITHUB_ACTION_PATH/../../.." && pwd -P)/scripts/swscan
        # Builds it.
        "$program" --version
        output program "$program"
    fi
}

# --- scan --------------------------------------------------------------------------------------------------------------

# One a line, without blanks around them.
read_models() {
    local line
    models=()
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line#"${line%%[![:space:]]*}"}
        line=${line%"${line##*[![:space:]]}"}
        [ -z "$line" ] || models+=("$line")
    done <<<"$INPUT_MODEL"
    [ ${#models[@]} -gt 0 ] || fail 2 "the input model names no model"
}

read_options() {
    local rule word
    options=()
    for rule in ${INPUT_FAIL_ON//,/ }; do
        options+=("--fail-on=$rule")
    done
    [ -z "${INPUT_BASELINE:-}" ] || options+=("--baseline=$INPUT_BASELINE")
    [ -z "${INPUT_POLICY:-}" ] || options+=("--policy=$INPUT_POLICY")
    if [ -n "${INPUT_ARGS//[[:space:]]/}" ]; then
        # xargs knows blanks, quotes and backslashes, and nothing else of what a shell knows.
        xargs printf '%s\0' <<<"$INPUT_ARGS" >"$folder/arguments" 2>/dev/null || fail 2 "the input args has a quote without its end"
        while IFS= read -r -d '' word; do
            options+=("$word")
        done <"$folder/arguments"
    fi
}

# Where each report is: one file, or of several models the folder.
read_places() {
    local format extension
    for format in json sarif markdown; do
        extension=$format
        [ "$format" != markdown ] || extension=md
        mkdir -p "$folder/$format"
        if [ ${#models[@]} -eq 1 ]; then
            options+=(-o "$format=$folder/$format/swscan-report.$extension")
        else
            options+=(-o "$format=$folder/$format")
        fi
    done
}

files() {
    find "$folder/$1" -type f | LC_ALL=C sort
}

place() {
    if [ -z "$(files "$1")" ]; then
        echo ""
    elif [ ${#models[@]} -eq 1 ]; then
        files "$1"
    else
        echo "$folder/$1"
    fi
}

# The strongest of all reports: at the top of a report, and so with the fewest blanks before it.
verdict() {
    local file found=none
    [ -n "$(files json)" ] || return 0
    while IFS= read -r file; do
        case "$found $(sed -n 's/^  "verdict" *: *"\([a-z]*\)".*/\1/p' "$file")" in
            *critical*) found=critical ;;
            *high*) found=high ;;
            *moderate*) found=moderate ;;
            *) ;;
        esac
    done < <(files json)
    echo "$found"
}

# Adds a file to the summary, or as many of its lines as it has room for.
summarize_file() {
    local used room
    used=$(wc -c <"$GITHUB_STEP_SUMMARY")
    room=$((SUMMARY_BYTES - used - 200))
    if [ "$room" -le 0 ]; then
        return
    elif [ "$(wc -c <"$1")" -le "$room" ]; then
        cat "$1" >>"$GITHUB_STEP_SUMMARY"
    else
        head -c "$room" "$1" | LC_ALL=C sed '$d' >>"$GITHUB_STEP_SUMMARY"
        printf '\nThe summary has no room for more; the report has everything.\n' >>"$GITHUB_STEP_SUMMARY"
    fi
}

summarize() {
    local file
    touch "$GITHUB_STEP_SUMMARY"
    case $1 in
        0 | 1) ;;
        2) echo "swscan: wrong usage, nothing was scanned; the log of the step says what is wrong." ;;
        3) echo "swscan: a model cannot be used; the log of the step says which, and what is wrong." ;;
        *) echo "swscan: the scan failed (exit code $1); the log of the step says why." ;;
    esac >>"$GITHUB_STEP_SUMMARY"
    while IFS= read -r file; do
        summarize_file "$file"
        printf '\n' >>"$GITHUB_STEP_SUMMARY"
    done < <(files markdown)
}

scan() {
    local code=0 word
    folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/swscan.XXXXXX")
    read_models
    read_options
    read_places
    # What is printed holds names that others have chosen: it is no command of the runner.
    word=$(random_word)
    printf '::stop-commands::%s\n' "$word"
    "$SCANNER" detect "${options[@]}" -- "${models[@]}" || code=$?
    printf '::%s::\n' "$word"

    output exit-code "$code"
    output verdict "$(verdict)"
    output report "$(place json)"
    output sarif "$(place sarif)"
    [ "${INPUT_SUMMARY:-true}" = false ] || summarize "$code"
    exit "$code"
}

case ${1:-} in
    get) get ;;
    scan) scan ;;
    *) fail 2 "scan.sh get, or scan.sh scan" ;;
esac
