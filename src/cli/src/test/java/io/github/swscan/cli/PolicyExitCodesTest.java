package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.EveryFinding;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.json.JsonReportWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each policy, violated and held, through the script that starts the program. */
@EnabledOnOs(OS.LINUX)
class PolicyExitCodesTest {

    private static final Map<String, DetectionReport> REPORTS = Map.of(
            "judged", EveryFinding.judged(),
            "nothing", new SmallReport().report(),
            "broken", EveryFinding.notFinite(),
            "unsafe", EveryFinding.unsafe(),
            "before", new SmallReport().with(SmallReport.weight(1, 2, 3, 2)).report());

    @TempDir
    private static Path folder;

    private static Distribution distribution;

    @BeforeAll
    static void reports() throws IOException {
        distribution = Distribution.in(folder.resolve("swscan"));
        for (Map.Entry<String, DetectionReport> report : REPORTS.entrySet()) {
            Files.write(
                    folder.resolve(report.getKey() + ".json"),
                    JsonReportWriter.indented().bytes(report.getValue()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "judged,  critical,      1, set of weights 4:5:7",
        "judged,  high,          1, set of weights 4:5:7",
        "judged,  moderate,      1, set of weights 4:5:7",
        "judged,  set,           1, set of weights 4:5:7",
        "judged,  flip-critical, 1, sign of weight 1:2:3",
        "judged,  non-finite,    0, ''",
        "judged,  unsafe-pickle, 0, ''",
        "nothing, moderate,      0, ''",
        "nothing, set,           0, ''",
        "nothing, flip-critical, 0, ''",
        "broken,  non-finite,    1, numbers that are not finite",
        "broken,  critical,      1, numbers that are not finite",
        "unsafe,  unsafe-pickle, 1, os.system in pytorch_model.bin",
        "unsafe,  critical,      3, ''"
    })
    void endsWithTheCodeOfThePolicy(String report, String rule, int code, String finding)
            throws IOException, InterruptedException {
        CommandRun run = run(report, "--fail-on", rule);

        assertThat(run.code()).isEqualTo(code);
        assertThat(run.out()).isEmpty();
        if (code == 1) {
            assertThat(run.err())
                    .containsPattern("swscan: model: policy violated: %s: %s".formatted(rule, Pattern.quote(finding)));
        } else {
            assertThat(run.err()).doesNotContain("policy violated");
        }
    }

    @ParameterizedTest
    @CsvSource({"before, 0", "nothing, 1"})
    void endsWithTheCodeOfAChange(String baseline, int code) throws IOException, InterruptedException {
        CommandRun run = run(
                "before",
                "--fail-on",
                "changed",
                "--baseline",
                folder.resolve(baseline + ".json").toString());

        assertThat(run.code()).isEqualTo(code);
    }

    private static CommandRun run(String report, String... options) throws IOException, InterruptedException {
        String[] arguments = new String[options.length + 3];
        arguments[0] = "report";
        arguments[1] = folder.resolve(report + ".json").toString();
        arguments[2] = "--quiet";
        System.arraycopy(options, 0, arguments, 3, options.length);
        ProcessBuilder builder = ChildJvm.builder(folder, distribution.command(arguments));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return ChildJvm.finish(builder.start());
    }
}
