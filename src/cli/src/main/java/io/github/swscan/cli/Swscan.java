package io.github.swscan.cli;

import io.github.swscan.ablate.Variant;
import io.github.swscan.cli.option.ChoiceConverter;
import io.github.swscan.cli.option.Format;
import io.github.swscan.cli.option.OptionDefaults;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.PathConverter;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.ReportTarget;
import io.github.swscan.cli.option.RuleOptions;
import io.github.swscan.cli.screen.Terminal;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.integrity.signing.SigningKey;
import io.github.swscan.policy.Rule;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program. */
@Command(
        name = "swscan",
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        description = "Finds the super weights of language-model checkpoints and proves each by removing it.",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done; any policy asked for holds",
            "1:done; a policy asked for is violated (--fail-on)",
            "2:wrong usage",
            "3:input cannot be used: missing, malformed, unsupported, changed",
            "4:failed while running (engine, memory, writing)",
            "130:interrupted"
        },
        footer = {
            "",
            "Try it on the model that comes with the program:",
            "  swscan detect models-sample/super-weight-1.5m",
            "  swscan ablate --top 1",
            "More on a command: swscan help COMMAND; on the words it uses: swscan help terms",
            "",
            "Defaults of your own, for all long options: the variable",
            "SWSCAN_PRECISION for --precision, else a line",
            "'precision = fp32' or 'detect.precision = fp32' in",
            "~/.config/swscan/config, or $XDG_CONFIG_HOME/swscan/config.",
            "The command line goes before the variable, that before the",
            "file."
        })
public final class Swscan implements Runnable {

    private static final String HELP = "help";

    /** In the order in which help lists them. */
    private static final Map<String, Class<?>> COMMANDS = commands();

    /** Those with more than a few options. */
    private static final List<String> SECTIONED = List.of("detect", "ablate", "report", "inspect", "fingerprint");

    @Spec
    private CommandSpec spec;

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("detect", DetectCommand.class);
        commands.put("ablate", AblateCommand.class);
        commands.put("report", ReportCommand.class);
        commands.put("inspect", InspectCommand.class);
        commands.put("fingerprint", FingerprintCommand.class);
        commands.put("verify", VerifyCommand.class);
        commands.put("restore", RestoreCommand.class);
        commands.put("keygen", KeygenCommand.class);
        commands.put("families", FamiliesCommand.class);
        commands.put("known", KnownCommand.class);
        commands.put("terms", TermsCommand.class);
        commands.put("completion", CompletionCommand.class);
        commands.put("version", VersionCommand.class);
        commands.put(HELP, CommandLine.HelpCommand.class);
        return Collections.unmodifiableMap(commands);
    }

    /** Runs the program and ends the process with its exit code. */
    public static void main(String[] arguments) {
        // Messages are in English, and so are the numbers in them.
        Locale.setDefault(Locale.ROOT);
        // What other threads do is of no account, or those who wait for it tell what became of it.
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {});
        int code;
        try {
            code = watched(arguments);
        } catch (RuntimeException | Error e) {
            // Of the command line itself, so that nobody else tells it.
            System.err.println(
                    "swscan: cannot run (" + e.toString().lines().findFirst().orElse("")
                            + "): a jar is damaged, or too few threads or open files are allowed, see 'ulimit -a'");
            code = ExitCode.FAILED;
        }
        System.exit(Launcher.exitCode(code));
    }

    private static int watched(String... arguments) {
        Launcher.attach();
        Interruption interruption = Interruption.watch();
        try {
            return run(arguments);
        } finally {
            interruption.finished();
        }
    }

    private static int run(String... arguments) {
        StandardOutput output = new StandardOutput();
        CommandLine commandLine = commandLineFor(arguments)
                .setDefaultValueProvider(OptionDefaults.of(System.getenv(), System.getProperty("user.home")))
                .setOut(output.writer());
        int code = commandLine.execute(arguments);
        return output.failure()
                .map(failure -> Failures.outputLost(commandLine, failure))
                .orElse(code);
    }

    /** The command line, ready to execute. */
    static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    /** With the commands that some arguments may be for: to set up the others would take most of the time of a short run. */
    static CommandLine commandLineFor(String... arguments) {
        if (arguments.length == 1 && Set.of("--version", "-V").contains(arguments[0])) {
            return commandLine(Map.of());
        }
        return arguments.length > 0 && !arguments[0].equals(HELP) && COMMANDS.containsKey(arguments[0])
                ? commandLine(Map.of(arguments[0], COMMANDS.get(arguments[0])))
                : commandLine();
    }

    private static CommandLine commandLine(Map<String, Class<?>> commands) {
        CommandLine commandLine = new CommandLine(new Swscan());
        commands.forEach(commandLine::addSubcommand);
        commandLine
                // A prompt may begin with @.
                .setExpandAtFiles(false)
                .registerConverter(Path.class, new PathConverter())
                .registerConverter(ReportTarget.class, new ReportTarget.Converter())
                .registerConverter(RuleOptions.Rule.class, new ChoiceConverter<>(RuleOptions.Rule.class))
                .registerConverter(PrecisionChoice.class, new ChoiceConverter<>(PrecisionChoice.class))
                .registerConverter(Variant.Kind.class, new ChoiceConverter<>(Variant.Kind.class))
                .registerConverter(SigningKey.Curve.class, new ChoiceConverter<>(SigningKey.Curve.class))
                .registerConverter(Format.class, new ChoiceConverter<>(Format.class))
                .registerConverter(Rule.class, new ChoiceConverter<>(Rule.class))
                .setUsageHelpWidth(Terminal.columns())
                .setUsageHelpLongOptionsMaxWidth(26);
        if (OutputOptions.terminalIsDumb()) {
            commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        }
        SECTIONED.stream()
                .flatMap(name -> Stream.ofNullable(commandLine.getSubcommands().get(name)))
                .forEach(OptionSections::show);
        Optional.ofNullable(commandLine.getSubcommands().get("terms")).ifPresent(TermsCommand::show);
        Optional.ofNullable(commandLine.getSubcommands().get(HELP)).ifPresent(Swscan::describeHelp);
        return Failures.handledFor(commandLine);
    }

    private static void describeHelp(CommandLine help) {
        help.getCommandSpec()
                .usageMessage()
                .header(new String[0])
                .synopsisHeading("Usage: ")
                .descriptionHeading("%n")
                .parameterListHeading("%n")
                .description("Shows how a command is used.");
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "no command given");
    }
}
