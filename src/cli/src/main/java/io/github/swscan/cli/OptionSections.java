package io.github.swscan.cli;

import io.github.swscan.cli.screen.Lines;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The sections in which the help of a command lists its options. */
final class OptionSections {

    /**
     * A section.
     *
     * @param options the longest names of those in it
     */
    record Section(String heading, Set<String> options) {}

    static final List<Section> ALL = List.of(
            new Section(
                    "Input",
                    Set.of(
                            "--config",
                            "--no-detect",
                            "--prompt",
                            "--prompts",
                            "--text",
                            "--max-tokens",
                            "--context",
                            "--token-ids",
                            "--task")),
            new Section(
                    "What counts",
                    Set.of(
                            "--thorough",
                            "--spike-rule",
                            "--spike-ratio",
                            "--spike-input",
                            "--spike-output",
                            "--min-share",
                            "--critical",
                            "--high",
                            "--moderate",
                            "--control-factor",
                            "--max-candidates")),
            new Section(
                    "What is changed",
                    Set.of("--top", "--weight", "--only", "--all-variants", "--scales", "--largest")),
            new Section("Comparison", Set.of("--against", "--baseline", "--tolerance", "--controls", "--seed")),
            new Section(
                    "Output",
                    Set.of(
                            "--output",
                            "--sign",
                            "--certificate",
                            "--statistics",
                            "--report",
                            "--format",
                            "--all",
                            "--fail-on",
                            "--policy",
                            "--generate",
                            "--save-edited",
                            "--variant",
                            "--quiet",
                            "--no-color",
                            "--verbose")),
            new Section("Machine", Set.of("--device", "--precision", "--threads", "--jobs", "--native-dir")),
            new Section("Help", Set.of("--help", "--version")));

    private OptionSections() {}

    /** Has the help of a command list its options in these sections. */
    static void show(CommandLine command) {
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING, help -> "");
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionSections::list);
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_PARAMETER_LIST, OptionSections::parameters);
        command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_FOOTER, OptionSections::examples);
    }

    private static String examples(Help help) {
        UsageMessageSpec usage = help.commandSpec().usageMessage();
        return Stream.of(usage.footer())
                .flatMap(line -> Lines.of("", "    ", line, usage.width()).stream())
                .map("%s%n"::formatted)
                .collect(Collectors.joining());
    }

    private static String list(Help help) {
        List<OptionSpec> options = help.commandSpec().options();
        return ALL.stream().map(section -> list(section, options, help)).collect(Collectors.joining());
    }

    private static String parameters(Help help) {
        return help.parameterList(new WholeWords(help.createDefaultLayout()), help.parameterLabelRenderer());
    }

    private static String list(Section section, List<OptionSpec> all, Help help) {
        List<OptionSpec> options = all.stream()
                .filter(option -> section.options().contains(option.longestName()))
                .toList();
        if (options.isEmpty()) {
            return "";
        }
        // All of them, so that all sections have columns of the same width.
        Layout layout = new WholeWords(help.createDefaultLayout(all, List.of(), help.colorScheme()));
        layout.addAllOptions(options, help.parameterLabelRenderer());
        return help.createHeading("%n" + section.heading() + ":%n") + layout;
    }
}
