package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WrongUsageTest {

    private static final String MODEL = Models.CRITICAL.toString();

    @TempDir
    private Path folder;

    record Usage(List<String> arguments, String complaint) {
        static Usage of(String complaint, String... arguments) {
            return new Usage(List.of(arguments), complaint);
        }
    }

    static Stream<Usage> usages() {
        return Stream.of(
                Usage.of("swscan: no command given; see 'swscan --help'"),
                Usage.of("swscan: unknown command 'foo'; see 'swscan --help'", "foo"),
                Usage.of("swscan: unknown command ''", ""),
                Usage.of("swscan: unknown command 'detct'; did you mean 'detect'? See 'swscan --help'", "detct", "x"),
                Usage.of("swscan: unknown option '--foo'; see 'swscan --help'", "--foo"),
                Usage.of(
                        "swscan: option '--verbose' stands before the command; put it after it; see",
                        "--verbose",
                        "detect",
                        "x"),
                Usage.of(
                        "swscan detect: unknown option '--repot'; did you mean '--report'? See 'swscan help detect'",
                        "detect",
                        MODEL,
                        "--repot",
                        "file"),
                Usage.of("swscan: unknown subcommand 'foo'; see 'swscan --help'", "help", "foo"),
                Usage.of("swscan inspect: missing required parameter: 'MODEL'", "inspect"),
                Usage.of("swscan inspect: unknown option '--threads'", "inspect", MODEL, "--threads"),
                Usage.of("swscan detect: missing required parameter: 'MODEL'; see 'swscan help detect'", "detect"),
                Usage.of("swscan families: unexpected argument 'b'", "families", "a", "b"),
                Usage.of("swscan detect: unknown option '--foo'", "detect", MODEL, "--foo"),
                Usage.of("swscan detect: unknown option '--a\\u000ab'", "detect", MODEL, "--a\nb"),
                Usage.of("(MODEL): the path is empty", "detect", ""),
                Usage.of("(MODEL): 'a\\u0000b' is not a path", "detect", "a\0b"));
    }

    @ParameterizedTest
    @MethodSource("usages")
    void isToldInOneLine(Usage usage) {
        CommandRun.of(usage.arguments().toArray(String[]::new)).assertFailed(2, usage.complaint());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --threads        | 0        | --threads must be from 1 to 1024, not 0
            --threads        | -3       | --threads must be from 1 to 1024, not -3
            --threads        | 1000000  | --threads must be from 1 to 1024, not 1000000
            --threads        | 4294967296 | '4294967296' is not an int
            --threads        | many     | 'many' is not an int
            --max-tokens     | 1        | --max-tokens must be at least 2, not 1
            --max-tokens     | -1       | --max-tokens must be at least 2, not -1
            --max-tokens     | 1.5      | '1.5' is not an int
            --spike-rule     | strict   | 'strict' is none of relative, absolute
            --spike-ratio    | NaN      | --spike-ratio must be a number above 0, not NaN
            --spike-ratio    | 0        | --spike-ratio must be a number above 0, not 0
            --spike-ratio    | -6       | --spike-ratio must be a number above 0, not -6
            --spike-ratio    | 1e999    | --spike-ratio must be a number above 0, not Infinity
            --spike-ratio    | six      | 'six' is not a double
            --spike-input    | 0        | --spike-input must be a number above 0, not 0
            --spike-output   | NaN      | --spike-output must be a number above 0, not NaN
            --min-share      | -0.1     | --min-share must be a number above 0, not -0.1
            --critical       | NaN      | --critical must be a number above 0, not NaN
            --critical       | 1.2      | the thresholds must fall from --critical (1.2) to --high (1.5)
            --high           | -1       | --high must be a number above 0, not -1
            --high           | 11       | the thresholds must fall from --critical (10.0) to --high (11.0)
            --moderate       | 0.5      | no threshold may be below 1, as --moderate (0.5) is
            --moderate       | 0        | --moderate must be a number above 0, not 0
            --control-factor | 0        | --control-factor must be a number above 0, not 0
            --controls       | -1       | --controls must be 0 or more, not -1
            --max-candidates | -1       | --max-candidates must be a number above 0, not -1
            --seed           | x        | 'x' is not a long
            --device         | foo      | --device must be auto, cpu, cuda or cuda:N, not 'foo'
            --device         | cuda:-1  | --device must be auto, cpu, cuda or cuda:N, not 'cuda:-1'
            --precision      | fp8      | 'fp8' is none of auto, fp32, bf16
            --format         | xml      | 'xml' is none of table, json
            --fail-on        | low      | 'low' is none of critical, high, moderate
            --prompt         | ''       | --prompt must not be empty
            --report         | ''       | option '--report': the path is empty
            --text           | ''       | option '--text': the path is empty
            --config         | ''       | option '--config': the path is empty
            """)
    void ofAnOptionIsToldInOneLineAndLeavesNoReport(String option, String value, String complaint) {
        List<String> arguments = new ArrayList<>(List.of("detect", MODEL, option + "=" + value));
        if (!option.equals("--report")) {
            arguments.add("--report=" + folder.resolve("report.json"));
        }

        CommandRun.of(arguments.toArray(String[]::new))
                .assertFailed(2, "swscan detect: ", complaint, "; see 'swscan help detect'");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--threads", "--report", "--prompt", "--format"})
    void anOptionWithoutItsValue(String option) {
        CommandRun.of("detect", MODEL, option).assertFailed(2, "missing required parameter for option '" + option);
    }

    @Test
    void anOptionGivenTwice() {
        CommandRun.of("detect", MODEL, "--seed=1", "--seed=2").assertFailed(2, "'--seed'", "only once");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--prompt", "--prompts", "--text"})
    void tokenIdsTogetherWithText(String option) {
        CommandRun.of("detect", MODEL, "--token-ids", "ids.json", option, "x")
                .assertFailed(2, "--token-ids stands in place of --prompt, --prompts and --text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "config.json", "tokenizer.json", "link-to-config", "prompts.txt"})
    void aReportThatWouldReplaceAnInput(String report) throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        Files.createSymbolicLink(model.resolve("link-to-config"), Path.of("config.json"));
        Path prompts = Files.writeString(model.resolve("prompts.txt"), "Once upon a time");
        byte[] before = Files.readAllBytes(model.resolve(report));

        CommandRun.of(
                        "detect",
                        model.toString(),
                        "--prompts",
                        prompts.toString(),
                        "--report",
                        model.resolve(report).toString())
                .assertFailed(2, "would replace the input");
        assertThat(model.resolve(report)).hasBinaryContent(before);
    }

    @Test
    void argumentsThatBeginWithAnAtSignAreNoFilesOfArguments() throws IOException {
        Path file = Files.writeString(folder.resolve("arguments"), "--help");

        CommandRun.of("@" + file).assertFailed(2, "unknown command '@" + file + "'");
    }
}
