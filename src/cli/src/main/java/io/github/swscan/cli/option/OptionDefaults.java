package io.github.swscan.cli.option;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What the user wants of options that the command line does not give: by variables of the environment, such as
 * {@code SWSCAN_PRECISION} for {@code --precision}, else in a {@link DefaultsFile}.
 */
public final class OptionDefaults implements IDefaultValueProvider {

    private static final String PREFIX = "SWSCAN_";

    /** Read where native libraries are looked for, which is said in messages about them. */
    private static final String NATIVE_FOLDER = "SWSCAN_NATIVE_DIR";

    private final Map<String, String> environment;
    private final DefaultsFile file;

    private OptionDefaults(Map<String, String> environment, DefaultsFile file) {
        this.environment = environment;
        this.file = file;
    }

    /** For a program that knows no user. */
    public static OptionDefaults none() {
        return new OptionDefaults(Map.of(), DefaultsFile.none());
    }

    /**
     * Those of a user; a file that cannot be used says so later, see {@link DefaultsFile#problem}.
     *
     * @param home where the user's folder of configurations is, if the environment does not say
     */
    public static OptionDefaults of(Map<String, String> environment, String home) {
        return new OptionDefaults(environment, DefaultsFile.ofUser(environment, home));
    }

    /** Those that the options of a command get. */
    public static Optional<OptionDefaults> of(CommandLine command) {
        return Optional.ofNullable(command.getDefaultValueProvider())
                .filter(OptionDefaults.class::isInstance)
                .map(OptionDefaults.class::cast);
    }

    public DefaultsFile file() {
        return file;
    }

    /** Whether an option can have a default of the user's: those that ask for help have none. */
    public static boolean isSettable(OptionSpec option) {
        return !option.usageHelp()
                && !option.versionHelp()
                && !isPlaceOfOne(option)
                && !words(option).isEmpty();
    }

    /** Where some commands write the one thing that they make, under the name that formats of reports have elsewhere. */
    private static boolean isPlaceOfOne(OptionSpec option) {
        return option.longestName().equals("--output") && !option.isMultiValue();
    }

    /** The long names of an option, without dashes. */
    static List<String> words(OptionSpec option) {
        return Arrays.stream(option.names())
                .filter(name -> name.startsWith("--"))
                .map(name -> name.substring(2))
                .toList();
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? setting(option).map(Setting::value).orElse(null)
                : null;
    }

    /**
     * Says of the options that a message names, and that have a value of the user's defaults, where that comes from.
     *
     * @param arguments the command line, where values need no explanation
     * @return empty if there are none, else the end of a line
     */
    public String origins(String message, CommandLine command, String... arguments) {
        List<OptionSpec> named = command.getCommandSpec().options().stream()
                .filter(option -> isNamed(option, message) && !isGiven(option, arguments))
                .toList();
        return named.stream()
                .flatMap(option ->
                        setting(option).map(setting -> option.longestName() + " is from " + setting.origin()).stream())
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(", "), origins -> origins.isEmpty() ? "" : " (" + origins + ")"));
    }

    private static boolean isNamed(OptionSpec option, String message) {
        return Stream.of(option.names()).filter(name -> name.startsWith("--")).anyMatch(name -> Pattern.compile(
                        "(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])")
                .matcher(message)
                .find());
    }

    private static boolean isGiven(OptionSpec option, String... arguments) {
        return Stream.of(option.names()).anyMatch(name -> Arrays.stream(arguments)
                .anyMatch(argument -> argument.equals(name) || argument.startsWith(name + "=")));
    }

    /**
     * A value of the user's defaults.
     *
     * @param origin the variable, or the file and the line
     */
    private record Setting(String value, String origin) {}

    private Optional<Setting> setting(OptionSpec option) {
        if (!isSettable(option)) {
            return Optional.empty();
        }
        List<String> variables =
                words(option).stream().map(OptionDefaults::variable).toList();
        if (variables.contains(NATIVE_FOLDER) && environment.containsKey(NATIVE_FOLDER)) {
            return Optional.empty();
        }
        return variables.stream()
                .filter(variable -> !environment.getOrDefault(variable, "").isEmpty())
                .findFirst()
                .map(variable -> new Setting(environment.get(variable), variable))
                .or(() -> file.line(option.command().name(), words(option))
                        .map(line -> new Setting(line.value(), file.place(line))));
    }

    private static String variable(String word) {
        return PREFIX + word.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
