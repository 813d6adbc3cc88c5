package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of {@code .github/actions/scan}, run as GitHub runs them, with a scanner that tells how it was called. */
@EnabledOnOs(OS.LINUX)
class ScanActionTest {

    private static final Path ACTION = Path.of(".github", "actions", "scan");

    private static final Pattern OUTPUT =
            Pattern.compile("(?<name>[^\n<]+)<<(?<end>[0-9a-f]{32})\n(?<value>.*?)\n\\k<end>\n", Pattern.DOTALL);

    /** Writes what a scan writes, and its arguments. */
    private static final String SCANNER = """
            #!/usr/bin/env bash
            printf '%s\\0' "$@" >"$RECORD"
            last=
            for argument in "$@"; do
                case "$last $argument" in
                    '-o '*=*)
                        file=${argument#*=}
                        for content in "${REPORTS:-/nonexistent}/${argument%%=*}"*; do
                            [ ! -f "$content" ] || [ ! -d "$file" ] || cp "$content" "$file/"
                            [ ! -f "$content" ] || [ -d "$file" ] || cp "$content" "$file"
                        done
                        ;;
                esac
                last=$argument
            done
            echo "${SAYS:-}"
            exit "${CODE:-0}"
            """;

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path workspace;
    private Path reports;

    /** @param arguments those of the scanner */
    private record Step(int code, String said, Map<String, String> outputs, String summary, List<String> arguments) {}

    @BeforeEach
    void checkout() throws IOException {
        Path action = Files.createDirectories(folder.resolve("checkout").resolve(ACTION));
        for (String name : List.of("action.yml", "scan.sh")) {
            Files.copy(ACTION.resolve(name), action.resolve(name));
        }
        executable(Files.createDirectories(folder.resolve("checkout/scripts")).resolve("swscan"), SCANNER);
        workspace = Files.createDirectories(folder.resolve("work space"));
        reports = Files.createDirectories(folder.resolve("made"));
        environment.put("GITHUB_ACTION_PATH", action.toString());
        environment.put("GITHUB_WORKSPACE", workspace.toString());
        environment.put("GITHUB_REPOSITORY", "someone/models");
        environment.put(
                "RUNNER_TEMP", Files.createDirectories(folder.resolve("temp")).toString());
        environment.put("RECORD", folder.resolve("arguments").toString());
        environment.put("REPORTS", reports.toString());
        for (String input : List.of("FAIL_ON", "BASELINE", "POLICY", "ARGS", "VERSION", "MODEL")) {
            environment.put("INPUT_" + input, "");
        }
        environment.put("INPUT_SUMMARY", "true");
        environment.put("SCANNER", folder.resolve("checkout/scripts/swscan").toString());
    }

    private static Path executable(Path file, String script) throws IOException {
        Files.writeString(file, script);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private static List<String> steps() throws IOException {
        return Pattern.compile("(?m)^ +run: (.*)$")
                .matcher(Files.readString(ACTION.resolve("action.yml")))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    /** Runs a step of the action in the shell that it asks for, with GitHub's options. */
    private Step run(int number) throws IOException, InterruptedException {
        Path script = Files.writeString(folder.resolve("step.sh"), steps().get(number));
        Path outputs = Files.writeString(folder.resolve("outputs"), "");
        Path summary = Files.writeString(folder.resolve("summary"), "");
        ProcessBuilder builder = new ProcessBuilder(
                        "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script.toString())
                .directory(workspace.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        builder.environment().put("GITHUB_OUTPUT", outputs.toString());
        builder.environment().put("GITHUB_STEP_SUMMARY", summary.toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        Path record = folder.resolve("arguments");
        return new Step(
                process.exitValue(),
                said,
                OUTPUT.matcher(Files.readString(outputs))
                        .results()
                        .map(MatchResult::group)
                        .map(OUTPUT::matcher)
                        .filter(java.util.regex.Matcher::matches)
                        .collect(Collectors.toMap(match -> match.group("name"), match -> match.group("value"))),
                Files.readString(summary),
                Files.exists(record) ? List.of(Files.readString(record).split("\0")) : List.of());
    }

    private Step get() throws IOException, InterruptedException {
        return run(0);
    }

    private Step scan() throws IOException, InterruptedException {
        return run(1);
    }

    @Test
    void everyActionIsPinnedByItsCommitAndNoScriptHoldsAnExpression() throws IOException {
        List<String> lines = Files.readAllLines(ACTION.resolve("action.yml"));

        assertThat(lines.stream().filter(line -> line.contains("uses:")))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).matches(" +uses: [\\w./-]+@[0-9a-f]{40} # v[0-9.]+"));
        assertThat(lines.stream().filter(line -> line.contains("run:")))
                .hasSize(2)
                .noneMatch(line -> line.contains("${{"));
        assertThat(lines.stream().filter(line -> line.strip().equals("shell: bash")))
                .hasSize(2);
    }

    @Test
    void theScriptNamesTheInputsAndOutputsOfTheAction() throws IOException {
        String script = Files.readString(ACTION.resolve("scan.sh"));
        String action = Files.readString(ACTION.resolve("action.yml"));

        assertThat(Pattern.compile("INPUT_[A-Z_]+")
                        .matcher(script)
                        .results()
                        .map(MatchResult::group)
                        .filter(name -> !name.equals("INPUT_")))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(action).contains("        " + name + ": ${{ inputs."));
        assertThat(Pattern.compile("steps\\.scan\\.outputs\\.([a-z-]+)")
                        .matcher(action)
                        .results()
                        .map(match -> match.group(1)))
                .hasSize(4)
                .allSatisfy(name -> assertThat(script).contains("output " + name + " "));
    }

    @Test
    void theDocumentationHasEveryInputAndOutput() throws IOException {
        String documentation = Files.readString(Path.of("docs", "ci.md"));

        assertThat(Pattern.compile("(?m)^  ([a-z-]+):$")
                        .matcher(Files.readString(ACTION.resolve("action.yml")))
                        .results()
                        .map(match -> match.group(1))
                        .filter(name -> !name.equals("steps")))
                .hasSize(11)
                .allSatisfy(name -> assertThat(documentation).contains("\n| `" + name + "` | "));
    }

    @Test
    void theProgramIsThatOfTheActionsOwnCheckout() throws IOException, InterruptedException {
        Step step = get();

        assertThat(step.code()).isZero();
        assertThat(step.arguments()).containsExactly("--version");
        assertThat(step.outputs())
                .containsEntry(
                        "program",
                        folder.resolve("checkout/scripts/swscan").toRealPath().toString());
    }

    @Test
    void inputsBecomeOptionsAndTheReportsOutputs() throws IOException, InterruptedException {
        Files.writeString(reports.resolve("json"), "{\n  \"verdict\" : \"high\",\n    \"verdict\" : \"critical\"\n}\n");
        Files.writeString(reports.resolve("sarif"), "{}");
        Files.writeString(reports.resolve("markdown"), "# One weight\n");
        environment.put("INPUT_MODEL", "model");
        environment.put("INPUT_FAIL_ON", "critical, changed");
        environment.put("INPUT_BASELINE", "old/report.json");
        environment.put("INPUT_POLICY", "mine.yaml");
        environment.put("INPUT_ARGS", "--precision fp32\n--prompt 'The sea was calm.'");
        environment.put("CODE", "1");

        Step step = scan();

        assertThat(step.code()).isEqualTo(1);
        Path report = Path.of(step.outputs().get("report"));
        Path sarif = Path.of(step.outputs().get("sarif"));
        assertThat(report).content().contains("high");
        assertThat(sarif).hasFileName("swscan-report.sarif").hasContent("{}");
        assertThat(step.outputs()).containsEntry("exit-code", "1").containsEntry("verdict", "high");
        assertThat(step.summary()).isEqualTo("# One weight\n\n");
        assertThat(step.arguments())
                .startsWith(
                        "detect",
                        "--fail-on=critical",
                        "--fail-on=changed",
                        "--baseline=old/report.json",
                        "--policy=mine.yaml",
                        "--precision",
                        "fp32",
                        "--prompt",
                        "The sea was calm.",
                        "-o",
                        "json=" + report,
                        "-o",
                        "sarif=" + sarif)
                .endsWith("--", "model");
    }

    /** The program itself, in place of the one that tells how it was called. */
    @Test
    void aModelWithASuperWeightEndsTheStepWithItsReports() throws IOException, InterruptedException {
        String command = ChildJvm.command(List.of()).stream()
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        environment.put(
                "SCANNER",
                executable(folder.resolve("swscan"), "#!/bin/sh\nexec " + command + " \"$@\"\n")
                        .toString());
        environment.put("XDG_CONFIG_HOME", folder.toString());
        environment.put("INPUT_MODEL", Models.CRITICAL.toAbsolutePath().toString());
        environment.put("INPUT_FAIL_ON", "critical");
        environment.put("INPUT_ARGS", "--quiet --max-candidates=2");

        Step step = scan();

        assertThat(step.said()).contains(": policy violated: critical: ");
        assertThat(step.code()).isEqualTo(1);
        assertThat(step.outputs()).containsEntry("exit-code", "1").containsEntry("verdict", "critical");
        assertThat(Path.of(step.outputs().get("report"))).content().startsWith("{\n  \"schemaVersion\"");
        assertThat(Path.of(step.outputs().get("sarif"))).content().contains("\"2.1.0\"", "[57, 123]");
        assertThat(step.summary()).contains("critical");
        assertThat(workspace).isEmptyDirectory();
    }

    @Test
    void ofSeveralModelsOutputsAreFoldersAndTheVerdictTheStrongest() throws IOException, InterruptedException {
        Files.writeString(reports.resolve("json-a"), "{\n  \"verdict\" : \"moderate\"\n}\n");
        Files.writeString(reports.resolve("json-b"), "{\n  \"verdict\" : \"critical\"\n}\n");
        Files.writeString(reports.resolve("json-c"), "{\n  \"verdict\" : null\n}\n");
        Files.writeString(reports.resolve("markdown-a"), "a\n");
        Files.writeString(reports.resolve("markdown-b"), "b\n");
        environment.put("INPUT_MODEL", "\n  first model  \n\nsecond");

        Step step = scan();

        assertThat(step.code()).isZero();
        assertThat(step.arguments()).endsWith("--", "first model", "second");
        assertThat(step.outputs()).containsEntry("verdict", "critical").containsEntry("sarif", "");
        assertThat(Path.of(step.outputs().get("report"))).isDirectoryContaining("glob:**/json-b");
        assertThat(step.summary()).isEqualTo("a\n\nb\n\n");
    }

    @ParameterizedTest
    @CsvSource({"2, wrong usage", "3, cannot be used", "4, failed (exit code 4)", "143, failed (exit code 143)"})
    void aScanThatDidNotTakePlaceIsSaid(int code, String said) throws IOException, InterruptedException {
        environment.put("INPUT_MODEL", "model");
        environment.put("CODE", String.valueOf(code));

        Step step = scan();

        assertThat(step.code()).isEqualTo(code);
        assertThat(step.summary()).contains(said);
        assertThat(step.outputs())
                .containsEntry("exit-code", String.valueOf(code))
                .containsEntry("verdict", "")
                .containsEntry("report", "")
                .containsEntry("sarif", "");
    }

    @Test
    void aModelWithoutFindingsHasNoVerdict() throws IOException, InterruptedException {
        Files.writeString(reports.resolve("json"), "{\n  \"verdict\" : null\n}\n");
        environment.put("INPUT_MODEL", "model");

        assertThat(scan().outputs()).containsEntry("verdict", "none");
    }

    @Test
    void theSummaryStaysWithinWhatGithubShows() throws IOException, InterruptedException {
        Files.writeString(reports.resolve("markdown"), "| zwölf | Zeilen |\n".repeat(100_000));
        environment.put("INPUT_MODEL", "model");

        String summary = scan().summary();

        assertThat(summary.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(1_000_000, 1024 * 1024);
        assertThat(summary).doesNotContain("\ufffd").endsWith("the report has everything.\n\n");
        assertThat(summary.lines().limit(50_000)).allMatch("| zwölf | Zeilen |"::equals);
    }

    @Test
    void noSummaryIsWrittenWhereNoneIsAskedFor() throws IOException, InterruptedException {
        Files.writeString(reports.resolve("markdown"), "# One weight\n");
        environment.put("INPUT_MODEL", "model");
        environment.put("INPUT_SUMMARY", "false");

        assertThat(scan().summary()).isEmpty();
    }

    static List<String> hostile() {
        return List.of(
                "$(touch hurt)",
                "`touch hurt`",
                "'; touch hurt; '",
                "\"; touch hurt; \"",
                "x\ntouch hurt",
                "x && touch hurt",
                "--report=hurt",
                "*",
                "exit-code=0\nreport<<EOF\nhurt\nEOF",
                "::set-output name=report::hurt",
                "${INPUT_MODEL}",
                "\\\\\\");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void whateverStandsInAnInputIsAnArgumentAndNothingElse(String text) throws IOException, InterruptedException {
        Files.writeString(workspace.resolve("file"), "");
        for (String input : List.of("MODEL", "FAIL_ON", "BASELINE", "POLICY")) {
            environment.put("INPUT_" + input, text);
        }

        Step step = scan();

        assertThat(step.code()).isZero();
        assertThat(step.outputs())
                .containsOnlyKeys("exit-code", "verdict", "report", "sarif")
                .containsEntry("report", "");
        assertThat(step.arguments()
                        .subList(
                                step.arguments().lastIndexOf("--") + 1,
                                step.arguments().size()))
                .containsExactlyElementsOf(text.lines().toList());
        assertThat(step.arguments()).contains("--baseline=" + text, "--policy=" + text);
        assertThat(step.arguments().stream().filter(argument -> argument.startsWith("--fail-on=")))
                .containsExactlyElementsOf(Arrays.stream(text.split("[,\\s]+"))
                        .map("--fail-on="::concat)
                        .toList());
        assertThat(workspace).isDirectoryNotContaining("glob:**hurt");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            $(touch hurt)           | $(touch;hurt)
            `touch hurt` *          | `touch;hurt`;*
            --prompt="a; $HOME"     | --prompt=a; $HOME
            'a  b' ""               | a  b;
            """)
    void furtherOptionsAreSplitAndNotExpanded(String text, String words) throws IOException, InterruptedException {
        environment.put("INPUT_MODEL", "model");
        environment.put("INPUT_ARGS", text);
        List<String> expected = new ArrayList<>(List.of("detect"));
        expected.addAll(text.contains("HOME") ? List.of(words) : List.of(words.split(";", -1)));
        expected.add("-o");

        assertThat(scan().arguments()).startsWith(expected.toArray(String[]::new));
        assertThat(workspace).isEmptyDirectory();
    }

    @Test
    void aQuoteWithoutAnEndIsWrongUsage() throws IOException, InterruptedException {
        environment.put("INPUT_MODEL", "model");
        environment.put("INPUT_ARGS", "--prompt 'The sea");

        Step step = scan();

        assertThat(step.code()).isEqualTo(2);
        assertThat(step.said()).isEqualTo("swscan: the input args has a quote without its end\n");
        assertThat(step.outputs()).containsEntry("exit-code", "2");
        assertThat(step.arguments()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n "})
    void noModelIsWrongUsage(String model) throws IOException, InterruptedException {
        environment.put("INPUT_MODEL", model);

        assertThat(scan().code()).isEqualTo(2);
    }

    /** A tensor's name that is printed at the start of a line would else be one. */
    @Test
    void whatIsPrintedIsNoCommandOfTheRunner() throws IOException, InterruptedException {
        environment.put("INPUT_MODEL", "model");
        environment.put("SAYS", "::error::hurt");

        List<String> said = scan().said().lines().toList();

        assertThat(said).hasSize(3);
        assertThat(said.get(0)).matches("::stop-commands::[0-9a-f]{32}");
        assertThat(said.get(1)).isEqualTo("::error::hurt");
        assertThat(said.get(2)).isEqualTo("::" + said.get(0).replace("::stop-commands::", "") + "::");
    }

    /** Fetched by a program in place of curl, from a folder. */
    private void release(String sum) throws IOException, InterruptedException {
        Path files = Files.createDirectories(folder.resolve("release"));
        Path bin = Files.createDirectories(folder.resolve("bin"));
        executable(bin.resolve("curl"), """
                #!/usr/bin/env bash
                while [ "$1" != --output ]; do shift; done
                echo "$3" >>'%1$s/urls'
                cp "%1$s/${3##*/}" "$2"
                """.formatted(files));
        executable(bin.resolve("uname"), "#!/bin/sh\n[ $1 = -s ] && echo Linux || echo x86_64\n");
        environment.put("PATH", bin + ":" + System.getenv("PATH"));
        Path program = Files.createDirectories(files.resolve("swscan-1.2.3-linux-x86_64/bin"));
        executable(program.resolve("swscan"), "#!/bin/sh\n");
        String archive = "swscan-1.2.3-linux-x86_64.tar.gz";
        assertThat(new ProcessBuilder("tar", "-czf", archive, "swscan-1.2.3-linux-x86_64")
                        .directory(files.toFile())
                        .start()
                        .waitFor())
                .isZero();
        Files.writeString(
                files.resolve("SHA256SUMS"),
                "%s  other.zip\n%s  %s\n"
                        .formatted("0".repeat(64), sum.isEmpty() ? sha256(files.resolve(archive)) : sum, archive));
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1.2.3", "1.2.3"})
    void aReleaseIsFetchedAndItsChecksumCompared(String version) throws IOException, InterruptedException {
        release("");
        environment.put("INPUT_VERSION", version);
        environment.put("ACTION_REPOSITORY", "owner/swscan");

        Step step = get();

        assertThat(step.said()).isEmpty();
        assertThat(step.code()).isZero();
        assertThat(Path.of(step.outputs().get("program"))).isExecutable();
        assertThat(folder.resolve("release/urls")).content().isEqualTo("""
                        https://github.com/owner/swscan/releases/download/v1.2.3/SHA256SUMS
                        https://github.com/owner/swscan/releases/download/v1.2.3/swscan-1.2.3-linux-x86_64.tar.gz
                        """);
    }

    @Test
    void aReleaseThatIsNotAsItsChecksumSaysIsNotUsed() throws IOException, InterruptedException {
        release("1".repeat(64));
        environment.put("INPUT_VERSION", "v1.2.3");

        Step step = get();

        assertThat(step.code()).isEqualTo(4);
        assertThat(step.said()).contains("is not the file that SHA256SUMS of the release tells of");
        assertThat(step.outputs()).doesNotContainKey("program");
    }

    @Test
    void aReleaseThatIsNotThereIsAFailure() throws IOException, InterruptedException {
        release("");
        environment.put("INPUT_VERSION", "v9.9.9");

        Step step = get();

        assertThat(step.code()).isEqualTo(4);
        assertThat(step.said()).contains("cannot be fetched");
    }

    static Stream<String> versions() {
        return Stream.of("latest", "v1", "1.2.3/../..", "v1.2.3 x", "$(touch hurt)", "v1.2.3\ntouch hurt");
    }

    @ParameterizedTest
    @MethodSource("versions")
    void whatIsNoVersionIsWrongUsage(String version) throws IOException, InterruptedException {
        environment.put("INPUT_VERSION", version);

        Step step = get();

        assertThat(step.code()).isEqualTo(2);
        assertThat(step.said()).isEqualTo("swscan: version must be that of a release, such as v0.1.0\n");
        assertThat(workspace).isEmptyDirectory();
    }
}
