package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.swscan.fixture.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands print fits the width that there is, and no word or number is broken for that. */
class ScreenWidthTest {

    private static final String MODEL = Models.CRITICAL.toAbsolutePath().toString();

    /** What is not worth more than a second. */
    private static final String LITTLE = " --max-tokens 40 --prompt once";

    /** What tells of columns that are left out. */
    private static final Set<String> LEFT_OUT = Set.of("no", "room", "for:");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "detect MODEL" + LITTLE,
                "ablate MODEL --weight 1:57:123 --largest 9 --task builtin:choices --generate 8" + LITTLE,
                "inspect MODEL",
                "families",
                "known",
                "help",
                "help detect",
                "help ablate",
                "help terms"
            })
    void linesFitAndWordsAreWhole(String arguments) throws IOException, InterruptedException {
        Map<Integer, String> printed = new TreeMap<>();
        for (int width : List.of(60, 80, 120, 1000)) {
            printed.put(width, printed(width, arguments.replace("MODEL", MODEL).split(" ")));
        }
        Set<String> whole = words(printed.get(1000));

        for (int width : List.of(60, 80, 120)) {
            assertThat(printed.get(width).lines()).as(width + " columns").allSatisfy(line -> assertThat(
                            isOneWord(line) ? "" : line.stripTrailing())
                    .hasSizeLessThanOrEqualTo(width));
            assertThat(words(printed.get(width))).as(width + " columns").isSubsetOf(union(whole, LEFT_OUT));
        }
    }

    private String printed(int width, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = ChildJvm.builder(folder, ChildJvm.command(List.of(), arguments));
        builder.environment().put("COLUMNS", Integer.toString(width));
        CommandRun run = ChildJvm.finish(builder.start());
        assertThat(run.code()).isZero();
        return run.out();
    }

    /** A path, say; with its name. */
    private static boolean isOneWord(String line) {
        return line.strip().split(" +").length <= 2;
    }

    private static Set<String> words(String text) {
        return Arrays.stream(text.split("[ \n|]+"))
                .map(word -> word.endsWith(",") ? word.substring(0, word.length() - 1) : word)
                .filter(Predicate.not(word -> word.matches("[-+]*")))
                .collect(Collectors.toSet());
    }

    private static Set<String> union(Set<String> some, Set<String> others) {
        Set<String> all = new HashSet<>(some);
        all.addAll(others);
        return all;
    }

    /** With the real launcher, which asks it. */
    @ParameterizedTest
    @CsvSource({"100, 100", "40, 60"})
    @EnabledOnOs(OS.LINUX)
    void aTerminalsWidthIsTaken(int terminal, int width) throws IOException, InterruptedException {
        Path script = Path.of("/usr/bin/script");
        assumeThat(Files.isExecutable(script)).isTrue();
        Distribution distribution = Distribution.in(folder.resolve("swscan"));
        String command = "stty cols %d; '%s' families"
                .formatted(terminal, distribution.command().get(0));
        ProcessBuilder builder = ChildJvm.builder(folder, List.of(script.toString(), "-qec", command, "/dev/null"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TERM", "dumb");

        String printed = ChildJvm.finish(builder.start()).out().replace("\r", "");

        int longest = printed.lines().mapToInt(String::length).max().orElseThrow();
        assertThat(longest).isBetween(width - 10, width);
    }
}
