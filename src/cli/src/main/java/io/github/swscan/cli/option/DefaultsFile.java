package io.github.swscan.cli.option;

import io.github.swscan.input.InputException;
import io.github.swscan.input.InputText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * The user's defaults of options, in {@code swscan/config} of the folder for configurations: a line each,
 * {@code option = value} for all commands that have the option, {@code command.option = value} for one. What follows a
 * {@code #} at the start of a line or behind a blank is a comment.
 *
 * @param path where it is; empty if there is none
 * @param lines those that set something
 * @param unreadable why it says nothing, in one line; empty if it can be read
 */
public record DefaultsFile(Optional<Path> path, List<Line> lines, Optional<String> unreadable) {

    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*");

    private static final Pattern SETTING =
            Pattern.compile("(?:(?<command>[^.=\\s]+)\\.)?(?<option>[^=\\s]+)\\s*=(?<value>.*)");

    /**
     * A line that is neither empty nor a comment.
     *
     * @param number from 1
     * @param text without comment and blanks around it
     */
    public record Line(int number, String text) {

        private Optional<Matcher> parts() {
            Matcher matcher = SETTING.matcher(text);
            return matcher.matches() ? Optional.of(matcher) : Optional.empty();
        }

        private Optional<String> part(String name) {
            return parts().flatMap(parts -> Optional.ofNullable(parts.group(name)));
        }

        Optional<String> command() {
            return part("command");
        }

        String option() {
            return part("option").orElse("");
        }

        String value() {
            return part("value").orElse("").strip();
        }

        private String key() {
            return command().map(name -> name + ".").orElse("") + option();
        }
    }

    public DefaultsFile {
        lines = List.copyOf(lines);
    }

    static DefaultsFile none() {
        return new DefaultsFile(Optional.empty(), List.of(), Optional.empty());
    }

    /** By the rules of the XDG base directories, where a relative path counts as none. */
    static DefaultsFile ofUser(Map<String, String> environment, String home) {
        return folder(environment.get("XDG_CONFIG_HOME"))
                .or(() ->
                        folder(environment.get("HOME")).or(() -> folder(home)).map(folder -> folder.resolve(".config")))
                .map(folder -> folder.resolve("swscan").resolve("config"))
                .filter(Files::exists)
                .map(DefaultsFile::read)
                .orElseGet(DefaultsFile::none);
    }

    private static Optional<Path> folder(String name) {
        return Optional.ofNullable(name)
                .filter(given -> !given.isEmpty())
                .map(Path::of)
                .filter(Path::isAbsolute);
    }

    private static DefaultsFile read(Path file) {
        try {
            List<Line> lines = new ArrayList<>();
            int number = 0;
            for (String text : InputText.read(file).split("\n", -1)) {
                number++;
                String told = COMMENT.matcher(text).replaceFirst("").strip();
                if (!told.isEmpty()) {
                    lines.add(new Line(number, told));
                }
            }
            return new DefaultsFile(Optional.of(file), lines, Optional.empty());
        } catch (InputException e) {
            return new DefaultsFile(Optional.of(file), List.of(), Optional.of(e.getMessage()));
        }
    }

    /** The line that sets an option for a command: one for this command goes before one for all. */
    Optional<Line> line(String command, List<String> options) {
        List<Line> found = lines.stream()
                .filter(line -> options.contains(line.option()) && !line.value().isEmpty())
                .toList();
        return Stream.of(Optional.of(command), Optional.<String>empty())
                .flatMap(wanted -> found.stream().filter(line -> line.command().equals(wanted)))
                .findFirst();
    }

    /** How messages name a line. */
    String place(Line line) {
        return path.orElseThrow() + ":" + line.number();
    }

    /**
     * What is wrong with the file, in one line; of several things the first.
     *
     * @param program with all its commands; only asked where there is a file
     */
    public Optional<String> problem(Supplier<CommandLine> program) {
        return lines.isEmpty() ? unreadable : problem(program.get());
    }

    private Optional<String> problem(CommandLine program) {
        Set<String> seen = new HashSet<>();
        return lines.stream()
                .flatMap(line -> problem(line, program, seen).map(told -> place(line) + ": " + told).stream())
                .findFirst();
    }

    private static Optional<String> problem(Line line, CommandLine program, Set<String> seen) {
        if (line.parts().isEmpty()) {
            return Optional.of("'" + line.text() + "' is not of the form option = value");
        }
        Map<String, CommandLine> commands = program.getSubcommands();
        Optional<String> unknown = line.command().filter(name -> !commands.containsKey(name));
        if (unknown.isPresent()) {
            return Optional.of(
                    "unknown command '" + unknown.get() + "'" + SimilarWord.to(unknown.get(), commands.keySet()));
        }
        List<String> options = line.command()
                .map(commands::get)
                .map(Stream::of)
                .orElseGet(() -> commands.values().stream())
                .flatMap(command -> command.getCommandSpec().options().stream())
                .filter(OptionDefaults::isSettable)
                .flatMap(option -> OptionDefaults.words(option).stream())
                .distinct()
                .toList();
        if (!options.contains(line.option())) {
            return Optional.of("unknown option '" + line.key() + "'" + SimilarWord.to(line.option(), options));
        }
        if (line.value().isEmpty()) {
            return Optional.of("'" + line.key() + "' has no value");
        }
        return seen.add(line.key()) ? Optional.empty() : Optional.of("'" + line.key() + "' is set a second time");
    }
}
