package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What GitHub runs of this repository: the code of others by its commit, nobody's text as a script, few permissions. */
class WorkflowsTest {

    private static final Path FOLDER = Path.of(".github", "workflows");

    static List<Path> workflows() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("workflows")
    void whatOthersWroteIsNamedByItsCommit(Path workflow) throws IOException {
        assertThat(Files.readAllLines(workflow).stream().filter(line -> line.matches("[ -]*uses: .*")))
                .isNotEmpty()
                .allMatch(line -> line.matches("[ -]*uses: [\\w./-]+@[0-9a-f]{40} # v\\d+(\\.\\d+)*"));
    }

    @ParameterizedTest
    @MethodSource("workflows")
    void noScriptHoldsAnExpression(Path workflow) throws IOException {
        assertThat(scripts(Files.readAllLines(workflow))).noneMatch(line -> line.contains("${{"));
    }

    /** Lines behind {@code run:}, those of a block too: they are indented further. */
    private static List<String> scripts(List<String> lines) {
        int[] indent = {-1};
        return lines.stream()
                .filter(line -> {
                    int depth = line.length() - line.stripLeading().length();
                    if (line.matches("[ -]*run: .*")) {
                        indent[0] = line.indexOf("run:");
                        return true;
                    }
                    if (!line.isBlank() && depth <= indent[0]) {
                        indent[0] = -1;
                    }
                    return indent[0] >= 0;
                })
                .toList();
    }

    @ParameterizedTest
    @MethodSource("workflows")
    void onlyJobsMayWrite(Path workflow) throws IOException {
        assertThat(Files.readString(workflow)).contains("\npermissions:\n  contents: read\n\n");
    }
}
