package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "-h",
                "help",
                "help detect",
                "help inspect",
                "help ablate",
                "help report",
                "help families",
                "help known",
                "help terms",
                "terms",
                "version",
                "help help",
                "detect --help",
                "inspect --help",
                "detect --help --threads=2 model",
                "--version",
                "-V",
                "detect --version"
            })
    void isPrintedOnStandardOutputWithinEightyColumns(String arguments) {
        CommandRun run = CommandRun.of(arguments.split(" "));

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("swscan").doesNotContain("\u001b");
        assertThat(run.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    }

    @ParameterizedTest
    @ValueSource(strings = {"help terms", "terms", "terms --help"})
    void termsAreAPageOfTheirOwn(String arguments) {
        assertThat(CommandRun.of(arguments.split(" ")).out())
                .doesNotContain("Usage", "Options", "--help")
                .contains(
                        "\n  super weight ",
                        "\n  super activation ",
                        "\n  spike ",
                        "\n  share ",
                        "\n  set ",
                        "\n  gradual ",
                        "\n  cancelling ",
                        "\n  dependent ",
                        "\n  diffuse ",
                        "\n  critical ",
                        "\n  high ",
                        "\n  moderate ",
                        "\n  harmless ",
                        "\n  flipped ",
                        "\n  control ",
                        "\n  KL divergence ",
                        "\n  perplexity ratio ",
                        "\n  nat ",
                        "\n  screened, confirmed ",
                        "\n  ~ ");
    }

    @Test
    void namesEveryCommandAndEveryExitCode() {
        assertThat(CommandRun.of("help").out())
                .contains("\n  detect ", "\n  ablate ", "\n  inspect ", "\n  families ", "\n  help ")
                .contains("\n  0 ", "\n  1 ", "\n  2 ", "\n  3 ", "\n  4 ", "\n  130 ");
    }

    /** An option that is in no section would not be shown. */
    @Test
    void everyOptionIsInOneSection() {
        List<String> listed = OptionSections.ALL.stream()
                .flatMap(section -> section.options().stream())
                .toList();
        Set<String> options = Stream.of("detect", "ablate", "report", "inspect", "fingerprint")
                .flatMap(name -> Swscan.commandLine().getSubcommands().get(name).getCommandSpec().options().stream())
                .map(OptionSpec::longestName)
                .collect(Collectors.toSet());

        assertThat(listed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(options);
    }

    @Test
    void listsOptionsInSections() {
        assertThat(CommandRun.of("help", "detect").out())
                .containsSubsequence(
                        "\nInput:\n", "--text", "\nWhat counts:\n", "--critical", "\nOutput:\n", "--report")
                .containsSubsequence("\nMachine:\n", "--device", "\nExamples:\n");
        assertThat(CommandRun.of("help", "ablate").out()).doesNotContain("What counts", "--jobs");
    }

    @Test
    void ofAReportTellsWhatItDoesWithOne() {
        assertThat(CommandRun.of("help", "report").out().replaceAll("\\s+", " "))
                .doesNotContain("several models", "--report")
                .contains("What the report is rendered as");
    }

    static Stream<Arguments> options() {
        return Swscan.commandLine().getSubcommands().entrySet().stream()
                // A page that has no room for options.
                .filter(command -> !command.getKey().equals("terms"))
                .flatMap(command -> command.getValue().getCommandSpec().options().stream()
                        .map(option -> Arguments.of(command.getKey(), option)));
    }

    @ParameterizedTest
    @MethodSource("options")
    void tellsAnOptionsDefault(String command, OptionSpec option) {
        String description = String.join(" ", option.description());

        assertThat(CommandRun.of("help", command).out()).contains(option.longestName());
        assertThat(option.paramLabel()).doesNotContain("|");
        // A switch is off, and there is no other place to look for a file that has to be named.
        boolean needsNone = option.required()
                || option.arity().max() == 0
                || List.of("--config", "--prompts", "--token-ids", "--save-edited")
                        .contains(option.longestName());
        assertThat(description.contains("(default: ") || needsNone)
                .as(description)
                .isTrue();
        if (option.defaultValue() != null && !needsNone) {
            assertThat(description).contains("(default: " + option.defaultValue() + ")");
        }
    }

    @Test
    void hasNoColoursOnADumbTerminal() throws IOException, InterruptedException {
        ProcessBuilder builder = ChildJvm.builder(folder, ChildJvm.command(List.of(), "help", "detect"));
        builder.environment().put("CLICOLOR_FORCE", "1");
        builder.environment().put("TERM", "dumb");

        assertThat(ChildJvm.finish(builder.start()).out()).contains("Usage").doesNotContain("\u001b");
    }

    /** So that it comes at once. */
    @ParameterizedTest
    @ValueSource(strings = {"--help", "help detect", "--version"})
    void loadsNoLibraryButTheParserOfArguments(String arguments) throws IOException, InterruptedException {
        CommandRun run = ChildJvm.finish(
                ChildJvm.builder(folder, ChildJvm.command(List.of("-verbose:class"), arguments.split(" ")))
                        .start());

        assertThat(run.code()).isZero();
        assertThat(run.out().lines().filter(line -> line.contains("source: file:")))
                .isNotEmpty()
                .noneMatch(line -> !line.contains(" picocli.") && !line.contains(" io.github.swscan."));
    }
}
