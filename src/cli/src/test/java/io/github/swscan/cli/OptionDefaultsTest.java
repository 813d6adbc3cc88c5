package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.cli.option.OptionDefaults;
import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What variables and the user's file say of options, and what goes before what. */
class OptionDefaultsTest {

    private static final String MODEL = Models.CRITICAL.toString();

    @TempDir
    private Path home;

    private final Map<String, String> environment = new HashMap<>();
    private Path file;

    @BeforeEach
    void configurationFolder() throws IOException {
        file = Files.createDirectories(home.resolve(".config/swscan")).resolve("config");
    }

    private CommandLine commandLine(String... arguments) {
        return Swscan.commandLineFor(arguments)
                .setDefaultValueProvider(OptionDefaults.of(environment, home.toString()));
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(commandLine(arguments), arguments);
    }

    /** What an option of a command comes to. */
    private Object value(String option, String... arguments) {
        CommandLine commandLine = commandLine(arguments);
        commandLine.parseArgs(arguments);
        return commandLine
                .getSubcommands()
                .get(arguments[0])
                .getCommandSpec()
                .findOption(option)
                .getValue();
    }

    private void write(String... lines) throws IOException {
        Files.write(file, List.of(lines));
    }

    @Test
    void theCommandLineGoesBeforeTheVariableAndThatBeforeTheFile() throws IOException {
        assertThat(value("--controls", "detect", MODEL)).isEqualTo(3);
        write("controls = 5");
        assertThat(value("--controls", "detect", MODEL)).isEqualTo(5);
        environment.put("SWSCAN_CONTROLS", "6");
        assertThat(value("--controls", "detect", MODEL)).isEqualTo(6);
        assertThat(value("--controls", "detect", MODEL, "--controls=7")).isEqualTo(7);
    }

    @Test
    void aVariableThatIsEmptySaysNothing() throws IOException {
        write("controls = 5");
        environment.put("SWSCAN_CONTROLS", "");

        assertThat(value("--controls", "detect", MODEL)).isEqualTo(5);
    }

    @Test
    void aLineForOneCommandGoesBeforeOneForAll() throws IOException {
        write("detect.controls = 8", "controls = 5");

        assertThat(value("--controls", "detect", MODEL)).isEqualTo(8);
        assertThat(value("--controls", "ablate", MODEL)).isEqualTo(5);
    }

    @Test
    void commentsAndBlanksAreLeftOut() throws IOException {
        write("# mine", "", "  # indented", "  controls=9   # of each", "text = a#b.txt ", "\r");

        assertThat(value("--controls", "detect", MODEL)).isEqualTo(9);
        assertThat(value("--text", "detect", MODEL)).hasToString("Optional[a#b.txt]");
    }

    @Test
    void severalValuesStandWithCommasBetweenThem() {
        environment.put("SWSCAN_FAIL_ON", "set, flip-critical");

        assertThat(value("--fail-on", "detect", MODEL)).hasToString("[set, flip-critical]");
        assertThat(value("--fail-on", "detect", MODEL, "--fail-on=high, set ")).hasToString("[high, set]");
        assertThat(value("--only", "ablate", MODEL, "--only=remove, flip"))
                .asString()
                .hasSize("[remove, flip]".length());
    }

    @Test
    void formatsOfReportsAreNoPlaceForAManifestOrACopy() {
        environment.put("SWSCAN_OUTPUT", "html=report.html");

        assertThat(value("--output", "restore", MODEL, "--manifest", "m.json")).isEqualTo(Optional.empty());
        run("fingerprint", MODEL).assertFailed(2, "--output");
    }

    static Stream<OptionSpec> switches() {
        return Swscan.commandLine().getSubcommands().values().stream()
                .flatMap(command -> command.getCommandSpec().options().stream())
                .filter(option ->
                        OptionDefaults.isSettable(option) && option.arity().max() == 0);
    }

    /** One that is on by default would else be turned off. */
    @ParameterizedTest
    @MethodSource("switches")
    void aSwitchThatIsGivenIsOnWhateverTheDefault(OptionSpec option) {
        List<String> needed = new ArrayList<>(List.of(option.command().name()));
        option.command().positionalParameters().forEach(model -> needed.add(MODEL));
        option.command().options().stream()
                .filter(OptionSpec::required)
                .forEach(other -> needed.add(other.longestName() + "=file"));
        environment.put(
                "SWSCAN_"
                        + option.longestName()
                                .substring(2)
                                .toUpperCase(Locale.ROOT)
                                .replace('-', '_'),
                "true");

        assertThat(value(option.longestName(), with(needed))).isEqualTo(true);
        assertThat(value(option.longestName(), with(needed, option.longestName())))
                .isEqualTo(true);
        assertThat(value(option.longestName(), with(needed, option.longestName() + "=false")))
                .isEqualTo(false);
    }

    private static String[] with(List<String> arguments, String... more) {
        return Stream.concat(arguments.stream(), Stream.of(more)).toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            presicion = fp32           | :2: unknown option 'presicion'; did you mean 'precision'? See
            --precision = fp32         | :2: unknown option '--precision'; did you mean 'precision'? See
            detect.top = 3             | :2: unknown option 'detect.top'; see
            detct.precision = fp32     | :2: unknown command 'detct'; did you mean 'detect'? See
            help = true                | :2: unknown option 'help'; see
            precision                  | :2: 'precision' is not of the form option = value; see
            precision =                | :2: 'precision' has no value; see
            threads = 2                | :2: 'threads' is set a second time; see
            """)
    void whatTheFileMayNotSayIsToldWithItsLine(String line, String complaint) throws IOException {
        write("threads = 1", line);

        run("inspect", MODEL).assertFailed(2, "swscan inspect: " + file + complaint);
    }

    @Test
    void aFileThatCannotBeReadIsTold() throws IOException {
        Files.write(file, new byte[] {'t', (byte) 0xFF});

        run("inspect", MODEL).assertFailed(2, file + ": is not valid UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "help", "help detect", "detect --help", "terms", "version", "--version"})
    void whoAsksForHelpGetsItWhateverTheDefaultsSay(String arguments) throws IOException {
        write("presicion = fp32", "controls = many");
        environment.put("SWSCAN_THREADS", "many");

        CommandRun run = run(arguments.split(" "));

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("swscan");
        assertThat(run.code()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SWSCAN_THREADS    | many | '--threads': 'many' is not an int (--threads is from SWSCAN_THREADS); see
            SWSCAN_THREADS    | 0    | --threads must be from 1 to 1024, not 0 (--threads is from SWSCAN_THREADS); see
            SWSCAN_QUIET      | 1    | '1' is not a boolean (--quiet is from SWSCAN_QUIET); see
            SWSCAN_PRECISION  | fp8  | 'fp8' is none of auto, fp32, bf16 (--precision is from SWSCAN_PRECISION); see
            SWSCAN_HIGH       | 11   | all above 0 (--high is from SWSCAN_HIGH); see
            """)
    void aWrongValueIsToldWithItsVariable(String variable, String value, String complaint) {
        environment.put(variable, value);

        run("detect", MODEL).assertFailed(2, "swscan detect: ", complaint);
    }

    @Test
    void aWrongValueIsToldWithItsFileAndLine() throws IOException {
        write("", "detect.threads = many");

        run("detect", MODEL).assertFailed(2, "(--threads is from " + file + ":2)");
    }

    @Test
    void whatTheCommandLineSaysIsNotBlamedOnDefaults() {
        environment.put("SWSCAN_THREADS", "3");

        CommandRun run = run("detect", MODEL, "--threads", "0");

        run.assertFailed(2, "--threads must be from 1 to 1024, not 0; see");
    }

    @Test
    void aDefaultThatDoesNotGoWithTheCommandLineIsNamed() throws IOException {
        write("text = mine.txt");

        run("detect", MODEL, "--token-ids", "ids.json")
                .assertFailed(2, "stands in place of", "(--text is from " + file + ":1)");
    }

    @Test
    void variablesOfTheUsersThatAreNoOptionsAreLeftAlone() {
        environment.put("SWSCAN_HELP", "true");
        environment.put("SWSCAN_VERSION", "true");
        environment.put("SWSCAN_JAVA_OPTS", "-Xmx1g");
        environment.put("SWSCAN_PRESICION", "fp8");

        assertThat(run("inspect", MODEL).out()).contains("llama");
    }

    @Test
    void theFolderForConfigurationsIsThatOfTheEnvironmentIfItIsAbsolute() throws IOException {
        write("controls = 5");
        Path other = Files.createDirectories(home.resolve("other/swscan"));
        Files.writeString(other.resolve("config"), "controls = 6\n");

        environment.put("XDG_CONFIG_HOME", "other");
        assertThat(value("--controls", "detect", MODEL)).isEqualTo(5);
        environment.put("XDG_CONFIG_HOME", home.resolve("other").toString());
        assertThat(value("--controls", "detect", MODEL)).isEqualTo(6);
    }

    /** A model, or a folder that somebody else has filled, tells the program nothing. */
    @Test
    void noFileOfTheModelOrTheWorkingFolderIsRead() throws IOException, InterruptedException {
        Path model = Models.copy(Models.CRITICAL, home.resolve("model"));
        for (String name : List.of("config", "swscan/config", ".config/swscan/config", ".swscan/config")) {
            Path planted = model.resolve(name);
            Files.createDirectories(planted.getParent());
            Files.writeString(planted, "format = json\n");
        }
        ProcessBuilder builder = ChildJvm.builder(model, ChildJvm.command(List.of(), "inspect", "."));
        builder.environment().put("HOME", home.toString());

        CommandRun run = ChildJvm.finish(builder.start());

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("family").doesNotContain("{");
    }

    @Test
    void theProgramItselfReadsThem() throws IOException, InterruptedException {
        write("inspect.format = json");
        List<String> command = ChildJvm.command(
                List.of(), "inspect", Models.CRITICAL.toAbsolutePath().toString());
        ProcessBuilder builder = ChildJvm.builder(home, command);
        builder.environment().remove("XDG_CONFIG_HOME");
        builder.environment().put("HOME", home.toString());
        assertThat(ChildJvm.finish(builder.start()).out()).startsWith("{");

        builder.environment().put("SWSCAN_FORMAT", "table");
        assertThat(ChildJvm.finish(builder.start()).out()).contains("family").doesNotStartWith("{");
    }

    /** All of them, so that none is left out of the documentation of variables. */
    @Test
    void everyLongOptionCanBeSet() {
        Set<String> alone = Set.of("fingerprint", "restore", "keygen");
        Swscan.commandLine().getSubcommands().values().stream()
                .flatMap(command -> command.getCommandSpec().options().stream())
                .filter(option -> Arrays.stream(option.names()).anyMatch(name -> name.startsWith("--")))
                .forEach(option -> assertThat(OptionDefaults.isSettable(option))
                        .as(option.longestName())
                        .isEqualTo(!List.of("--help", "--version").contains(option.longestName())
                                && !(option.longestName().equals("--output")
                                        && alone.contains(option.command().name()))));
    }
}
