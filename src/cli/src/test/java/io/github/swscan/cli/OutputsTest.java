package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.cli.option.OptionDefaults;
import io.github.swscan.fixture.HostileInput;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.fixture.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats of reports, baselines, policy files, and {@code swscan report}. */
class OutputsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path MODEL = Models.CRITICAL.toAbsolutePath();
    private static final Path OTHER = Models.HARMLESS.toAbsolutePath();

    /** A report of {@link #MODEL}, and one of an ablation. */
    @TempDir
    private static Path before;

    @TempDir
    private Path folder;

    @BeforeAll
    static void reports() {
        assertThat(detect(MODEL, "-q", "--report=" + before.resolve("report.json"))
                        .code())
                .isZero();
        assertThat(CommandRun.of(
                                "ablate",
                                MODEL.toString(),
                                "--weight=1:57:123",
                                "--only=remove",
                                "--generate=0",
                                "--max-tokens=64",
                                "-q",
                                "--report=" + before.resolve("ablation.json"))
                        .code())
                .isZero();
    }

    private static CommandRun detect(Path model, String... options) {
        List<String> arguments = new ArrayList<>(List.of("detect", model.toString(), "--max-tokens=64"));
        arguments.addAll(List.of(options));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static CommandRun report(Path report, String... options) {
        return CommandRun.of(Stream.concat(Stream.of("report", report.toString()), Stream.of(options))
                .toArray(String[]::new));
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path changed(String field, String value) throws IOException {
        ObjectNode report = (ObjectNode) json(before.resolve("report.json"));
        ((ObjectNode) report.path("superWeights").path(0)).set(field, JSON.readTree(value));
        return Files.writeString(folder.resolve("changed.json"), report.toString());
    }

    @Test
    void severalAreWrittenInOneRun() throws Exception {
        CommandRun run = detect(
                MODEL,
                "-o=html=" + folder.resolve("r.html"),
                "-o=sarif=" + folder.resolve("r.sarif"),
                "-o=cyclonedx=" + folder + "/",
                "--output=csv=" + folder.resolve("r.csv"),
                "--report=" + folder.resolve("r.json"));

        assertThat(run.code()).isZero();
        assertThat(Models.files(folder))
                .extracting(file -> file.getFileName().toString())
                .containsExactlyInAnyOrder(
                        "r.html", "r.sarif", "super-weight-1.5m.swscan-report.cdx.json", "r.csv", "r.json");
        assertThat(run.out()).contains("Report: " + folder.resolve("r.html"));
        byte[] digest =
                MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(MODEL.resolve("model.safetensors")));
        assertThat(json(folder.resolve("r.json")).at("/model/files/0/sha256").asText())
                .isEqualTo(HexFormat.of().formatHex(digest));
        assertThat(json(folder.resolve("r.sarif"))
                        .at("/runs/0/results/0/ruleId")
                        .asText())
                .isEqualTo("critical-weight");
    }

    @Test
    void whatIsPrintedStandsAlone() throws IOException, InterruptedException {
        CommandRun run = ChildJvm.run(folder, "detect", MODEL.toString(), "--max-tokens=64", "-o", "sarif");

        assertThat(run.code()).isZero();
        assertThat(JSON.readTree(run.out()).path("version").asText()).isEqualTo("2.1.0");
        assertThat(Models.files(folder))
                .as("no json output is named")
                .extracting(file -> file.getFileName().toString())
                .containsExactly("swscan-report.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "-o html -o sarif ~ html and sarif cannot both be printed",
                "-o sarif --report - ~ sarif and json cannot both be printed",
                "-o pdf ~ pdf is no format; formats are json, html, sarif, markdown, csv, junit, cyclonedx",
                "-o html= ~ html= lacks a file behind =",
                "-o html=same -o csv=./same ~ two outputs go to",
                "--fail-on changed ~ --fail-on changed needs --baseline REPORT",
                "--tolerance -1 ~ --tolerance must be a number from 0 on"
            })
    void whatDoesNotGoTogetherIsWrongUsage(String options, String complaint) {
        detect(MODEL, options.split(" ")).assertFailed(ExitCode.WRONG_USAGE, complaint);
    }

    @Test
    void ofSeveralModelsAreInAFolderOrPrintedInARow() {
        List<String> both = List.of("detect", MODEL.toString(), OTHER.toString(), "--max-tokens=64", "-q");
        Path reports = folder.resolve("reports");
        CommandRun run = CommandRun.of(
                Stream.concat(both.stream(), Stream.of("-o=junit=" + reports, "--report=" + reports, "-o=markdown"))
                        .toArray(String[]::new));

        assertThat(run.code()).isZero();
        assertThat(run.out()).containsSubsequence("## swscan: `super-weight-1.5m`", "## swscan: `harmless-spike-1.1m`");
        assertThat(Models.files(reports))
                .extracting(file -> file.getFileName().toString())
                .containsExactlyInAnyOrder(
                        "super-weight-1.5m.swscan-report.junit.xml",
                        "harmless-spike-1.1m.swscan-report.junit.xml",
                        "super-weight-1.5m.swscan-report.json",
                        "harmless-spike-1.1m.swscan-report.json");
        CommandRun.of(Stream.concat(both.stream(), Stream.of("-o=sarif")).toArray(String[]::new))
                .assertFailed(ExitCode.WRONG_USAGE, "sarif is printed of one model; of several name a folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "html", "markdown", "csv"})
    void aReportOfEitherKindIsRendered(String format) {
        for (String name : List.of("report.json", "ablation.json")) {
            CommandRun run = report(before.resolve(name), "-o=" + format);

            assertThat(run.code()).isZero();
            assertThat(run.out()).hasSizeGreaterThan(200);
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void aReportRenderedAsJsonIsTheSame() throws IOException {
        assertThat(report(before.resolve("report.json"), "-o=json").out())
                .isEqualTo(Files.readString(before.resolve("report.json")));
    }

    @Test
    void aReportIsShownAsTheScanShowedIt() {
        assertThat(report(before.resolve("report.json")).out()).contains("One weight carries this model");
        assertThat(report(before.resolve("ablation.json")).out()).contains("What changing them does");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sarif", "junit", "cyclonedx"})
    void whatIsMadeOfDetectionsOnlyIsRefused(String format) {
        report(before.resolve("ablation.json"), "-o=" + format)
                .assertFailed(
                        ExitCode.WRONG_USAGE,
                        format + " is not made of an ablation; there are json, html, markdown, csv");
    }

    @Test
    void whatIsNoReportIsRefused() throws IOException {
        report(MODEL.resolve("config.json"), "-o=html")
                .assertFailed(
                        ExitCode.UNUSABLE_INPUT, "config.json", "is no JSON report of a detection or an ablation");
        report(folder.resolve("none.json"), "-o=html").assertFailed(ExitCode.UNUSABLE_INPUT, "does not exist");
        report(changed("effect", "{}"), "-o=html").assertFailed(ExitCode.UNUSABLE_INPUT, "is no JSON report");
        Path own = Files.copy(before.resolve("report.json"), folder.resolve("own.json"));
        report(own, "-o=csv=" + own).assertFailed(ExitCode.WRONG_USAGE, "would replace the report that is rendered");
    }

    @Test
    void whatComesBehindAReportIsNoPartOfIt() throws IOException {
        String text = Files.readString(before.resolve("report.json"));
        for (String behind : List.of(text, "garbage")) {
            Path file = Files.writeString(folder.resolve("two.json"), text + behind);

            report(file, "-q").assertFailed(ExitCode.UNUSABLE_INPUT, "is no JSON report");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"row", "value", "location", "verdict", "input"})
    void aReportThatLacksWhatItTellsIsRefused(String field) throws IOException {
        ObjectNode report = (ObjectNode) json(before.resolve("report.json"));
        ((ObjectNode) report.path("superWeights").path(0)).remove(field);

        report(Files.writeString(folder.resolve("r.json"), report.toString()), "-q")
                .assertFailed(ExitCode.UNUSABLE_INPUT, "is no JSON report");
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers", "superWeights", "superActivations", "residual", "traces", "notes"})
    void aListWithNothingInAPlaceIsRefused(String list) throws IOException {
        ObjectNode report = (ObjectNode) json(before.resolve("report.json"));
        report.withArrayProperty(list).addNull();

        report(Files.writeString(folder.resolve("r.json"), report.toString()), "-q")
                .assertFailed(ExitCode.UNUSABLE_INPUT, "is no JSON report");
    }

    @Test
    void aModelWithAPathThatIsNoneIsRefused() throws IOException {
        ObjectNode report = (ObjectNode) json(before.resolve("report.json"));
        ((ObjectNode) report.path("model")).put("path", "a\u0000b");

        report(Files.writeString(folder.resolve("r.json"), report.toString()), "-o=sarif")
                .assertFailed(ExitCode.UNUSABLE_INPUT, "model.path: is no path of a file");
    }

    @Test
    void aFolderHoldsPagesNamedAfterTheirModels() {
        assertThat(report(before.resolve("report.json"), "-q", "-o=markdown=" + folder + "/")
                        .code())
                .isZero();
        assertThat(folder.resolve("super-weight-1.5m.swscan-report.md")).exists();
    }

    @Test
    void whatAScanWasHeldToDecidesNothingLater() throws IOException {
        Path held = folder.resolve("held.json");
        assertThat(detect(MODEL, "-q", "--fail-on=critical", "--report=" + held).code())
                .isEqualTo(ExitCode.POLICY_VIOLATED);

        assertThat(report(held, "-q")).isEqualTo(new CommandRun(0, "", ""));
    }

    @Test
    void aReportOfSchema1SaysSoAndIsNotRewritten() {
        Path first = TestResources.at("reports/group-1.0.json");

        assertThat(report(first).out().replaceAll("\\s+", " "))
                .contains("alone or with others of their group: a report of schema 1 does not tell which.");
        report(first, "-o=json")
                .assertFailed(ExitCode.WRONG_USAGE, "is of schema 1.0, and is not written as json anew");
    }

    @Test
    void aBaselineTellsWhatChanged() throws IOException {
        Path now = folder.resolve("now.json");
        assertThat(detect(
                                MODEL,
                                "-q",
                                "--report=" + now,
                                "--fail-on=changed",
                                "--baseline=" + before.resolve("report.json"))
                        .code())
                .isZero();
        assertThat(json(now).at("/changes/changes")).isEmpty();

        CommandRun run = report(now, "-q", "--fail-on=changed", "--baseline=" + changed("value", "1.5"));
        assertThat(run.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
        assertThat(run.err()).contains("policy violated: changed: weight 1:57:123 was 1.5 and is 1.7734375");
    }

    @Test
    void aBaselineOfAnotherModelIsRefused() throws IOException {
        Path other = folder.resolve("other.json");
        assertThat(detect(OTHER, "-q", "--report=" + other).code()).isZero();

        report(before.resolve("report.json"), "--baseline=" + other)
                .assertFailed(ExitCode.UNUSABLE_INPUT, "other.json", "is about a model of");
        detect(MODEL, "-q", "--report=" + folder.resolve("r.json"), "--baseline=" + MODEL.resolve("config.json"))
                .assertFailed(ExitCode.UNUSABLE_INPUT, "is no report of a detection that came to an end");
    }

    private Path policy(String rule, String expires) throws IOException {
        return Files.writeString(
                folder.resolve(".swscan.yaml"),
                "ignore:\n  - rule: %s\n    reason: known\n    expires: %s\n".formatted(rule, expires));
    }

    @Test
    void aPolicyFileExemptsFindingsUntilItsDay() throws IOException {
        Path report = before.resolve("report.json");
        CommandRun exempted = report(report, "--fail-on=critical", "--policy=" + policy("critical", "2999-12-31"));
        assertThat(exempted.code()).isZero();
        assertThat(exempted.err())
                .isEqualTo("swscan: %s: 1 finding of %s ignored\n".formatted(folder.resolve(".swscan.yaml"), MODEL));

        CommandRun expired = report(report, "--fail-on=critical", "--policy=" + policy("critical", "2020-12-31"));
        assertThat(expired.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
        assertThat(expired.err()).contains("ignore[0] expired on 2020-12-31 and does not count any more");

        report(report, "-q", "--policy=" + policy("critcal", "2999-12-31"))
                .assertFailed(ExitCode.WRONG_USAGE, "ignore[0].rule is critcal, which is none");
        report(report, "-q", "--policy=" + folder.resolve("nofile.yaml"))
                .assertFailed(ExitCode.UNUSABLE_INPUT, "nofile.yaml: does not exist");
    }

    @Test
    void anEntryThatMatchesNothingIsTold() throws IOException {
        Path report = before.resolve("report.json");
        Path policy = policy("non-finite", "2999-12-31");

        CommandRun told = report(report, "--policy=" + policy);
        assertThat(told.code()).isZero();
        assertThat(told.err()).isEqualTo("swscan: note: " + policy + ": ignore[0] matches no finding\n");
        assertThat(detect(MODEL, "--policy=" + policy, "--report=" + folder.resolve("r.json"))
                        .withoutProgress()
                        .err())
                .isEqualTo(told.err());
    }

    @ParameterizedTest
    @CsvSource({"critical, 2999-12-31, 0", "critical, 2020-12-31, 1", "non-finite, 2999-12-31, 1"})
    void quietTellsOnlyErrors(String rule, String expires, int code) throws IOException {
        CommandRun run =
                report(before.resolve("report.json"), "-q", "--fail-on=critical", "--policy=" + policy(rule, expires));

        assertThat(run)
                .isEqualTo(new CommandRun(
                        code,
                        "",
                        code == 0 ? "" : "swscan: " + MODEL + ": policy violated: critical: weight 1:57:123\n"));
    }

    @Test
    void aPolicyFileOfTheWorkingFolderIsUsedUnlessTheModelBroughtIt() throws IOException, InterruptedException {
        policy("critical", "2999-12-31");
        CommandRun ours = ChildJvm.run(folder, "detect", MODEL.toString(), "--max-tokens=64", "--fail-on=critical");
        assertThat(ours.code()).isZero();
        assertThat(ours.err()).contains("swscan: .swscan.yaml: 1 finding of");

        for (Path file : Models.files(MODEL)) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        CommandRun theirs = ChildJvm.run(folder, "detect", ".", "--max-tokens=64", "--fail-on=critical");
        assertThat(theirs.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
        assertThat(theirs.err()).contains("note: .swscan.yaml is not used, for it lies in the model's folder");
    }

    /** The path that the report tells leads nowhere from there. */
    @ParameterizedTest
    @CsvSource({"model.safetensors, true", "config.json, true", "config.json, false"})
    void aReportIsNotHeldToAPolicyFileThatTheModelMayHaveBrought(String file, boolean beside)
            throws IOException, InterruptedException {
        ObjectNode report = (ObjectNode) json(before.resolve("report.json"));
        ((ObjectNode) report.path("model")).put("path", "models/super-weight-1.5m");
        Path base = Files.writeString(folder.resolve("base.json"), report.toString());
        Path model = Files.createDirectories(folder.resolve("elsewhere"));
        Files.copy(MODEL.resolve(file), model.resolve(file));
        if (beside) {
            Files.copy(MODEL.resolve("model.safetensors"), model.resolve("weights.safetensors"));
        }
        Files.move(policy("critical", "2999-12-31"), model.resolve(".swscan.yaml"));

        CommandRun run = ChildJvm.run(model, "report", base.toString(), "--fail-on=critical");
        CommandRun below = ChildJvm.run(
                Files.createDirectory(model.resolve("below")), "report", base.toString(), "--fail-on=critical");

        assertThat(below.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
        if (beside) {
            assertThat(run.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
            assertThat(run.err())
                    .contains("note: .swscan.yaml is not used, for it lies beside weights, and may have come with them;"
                            + " --policy names one");
        } else {
            assertThat(run.code()).isZero();
            assertThat(run.err()).contains("swscan: .swscan.yaml: 1 finding of models/super-weight-1.5m ignored");
        }
    }

    @Test
    void defaultsThatAreAboutDetectionsDoNotKeepAnAblationFromBeingShown() {
        Map<String, String> defaults = Map.of(
                "SWSCAN_FAIL_ON",
                "changed",
                "SWSCAN_BASELINE",
                "before.json",
                "SWSCAN_POLICY",
                "no-such-file",
                "SWSCAN_OUTPUT",
                "sarif=no-such-folder/r.sarif");
        String ablation = before.resolve("ablation.json").toString();

        CommandRun run = withDefaults(defaults, "report", ablation);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("What changing them does");
        withDefaults(defaults, "report", ablation, "--fail-on=critical")
                .assertFailed(ExitCode.WRONG_USAGE, "are about detections, and this is an ablation");
        withDefaults(defaults, "report", ablation, "-o=sarif")
                .assertFailed(ExitCode.WRONG_USAGE, "sarif is not made of an ablation");
    }

    private static CommandRun withDefaults(Map<String, String> environment, String... arguments) {
        return CommandRun.of(
                Swscan.commandLineFor(arguments)
                        .setDefaultValueProvider(OptionDefaults.of(environment, "/nonexistent")),
                arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"detect", "ablate", "inspect"})
    void aReportInPlaceOfAModelIsToldForWhatItIs(String command) {
        CommandRun.of(command, before.resolve("report.json").toString())
                .assertFailed(
                        ExitCode.UNUSABLE_INPUT, "report.json: is a report of swscan, not a model", "'swscan report'");
    }

    private Path unsafe() throws IOException {
        Path model = Files.createDirectory(folder.resolve("unsafe"));
        HostileInput.config(model);
        new TorchFile()
                .global("os", "system")
                .op('(')
                .text("touch x")
                .op('t', 'R')
                .write(model.resolve("pytorch_model.bin"));
        return model;
    }

    @Test
    void aFileThatWantsToRunCodeHasAReportIfOneIsAskedFor() throws IOException {
        Path model = unsafe();
        Path file = folder.resolve("r.json");

        detect(model, "--report=" + file).assertFailed(ExitCode.UNUSABLE_INPUT, "wants to load \"os.system\"");
        assertThat(file).doesNotExist();

        detect(model, "-o=json=" + file).assertFailed(ExitCode.UNUSABLE_INPUT, "wants to load \"os.system\"");
        JsonNode unsafe = json(file).at("/model/unsafe/0");
        assertThat(unsafe.path("name").asText()).isEqualTo("os.system");
        assertThat(unsafe.path("file").asText()).isEqualTo("pytorch_model.bin");
        assertThat(unsafe.path("offset").asLong()).isPositive();
        assertThat(json(file).path("layers")).isEmpty();

        CommandRun policy = detect(
                model, "-q", "--report=" + file, "--fail-on=unsafe-pickle", "-o=sarif=" + folder.resolve("r.sarif"));
        assertThat(policy.code()).isEqualTo(ExitCode.POLICY_VIOLATED);
        assertThat(policy.err())
                .contains(
                        "swscan: %s: policy violated: unsafe-pickle: os.system in pytorch_model.bin".formatted(model));
        assertThat(json(folder.resolve("r.sarif")).at("/runs/0/results/0/level").asText())
                .isEqualTo("error");
        assertThat(detect(model, "-q", "-o=json=" + file, "--fail-on=critical").code())
                .isEqualTo(ExitCode.UNUSABLE_INPUT);
        for (String format : List.of("html", "markdown", "junit", "csv", "cyclonedx")) {
            CommandRun rendered = report(file, "-o=" + format);
            assertThat(rendered.out()).as(format).isNotEmpty();
            assertThat(rendered.err()).as(format).matches("swscan: [^\n]*wants to load \"os.system\"[^\n]*\n");
            assertThat(rendered.code()).isEqualTo(ExitCode.UNUSABLE_INPUT);
        }
        CommandRun shown = report(file);
        assertThat(shown.code()).isEqualTo(ExitCode.UNUSABLE_INPUT);
        assertThat(shown.err()).matches("swscan: [^\n]*wants to load \"os.system\"[^\n]*\n");
        assertThat(shown.out())
                .contains("model       " + model, "os.system", "pytorch_model.bin", "Nothing was loaded")
                .doesNotContain("family", "0 layers");
    }
}
