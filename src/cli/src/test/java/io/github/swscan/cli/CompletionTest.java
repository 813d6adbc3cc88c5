package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script that {@code swscan completion} prints, run by bash. */
class CompletionTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void bashIsThere() {
        assumeThat(Arrays.stream(System.getenv("PATH").split(":")).map(Path::of))
                .as("bash is on the PATH")
                .anyMatch(place -> Files.isExecutable(place.resolve("bash")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            swscan det                        | detect
            swscan detect --prec              | --precision
            swscan detect --precision f       | fp32
            swscan detect --fail-on fl        | flip-critical
            swscan ablate --only mea          | mean
            swscan detect --all-              |
            """)
    void completes(String line, String completions) throws IOException, InterruptedException {
        assertThat(completed(line)).isEqualTo(completions == null ? "" : completions);
    }

    @Test
    void isAllThatIsPrinted() {
        CommandRun run = CommandRun.of("completion");

        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).startsWith("#!").contains("bashcompinit");
    }

    /** What bash offers for the last word of a line. */
    private String completed(String line) throws IOException, InterruptedException {
        Path script = Files.writeString(
                folder.resolve("swscan.bash"), CommandRun.of("completion").out());
        String words =
                Arrays.stream(line.split(" ")).map(word -> "'" + word + "'").reduce("", (a, b) -> a + " " + b);
        String asked = """
                compopt() { :; }
                source '%s'
                COMP_WORDS=(%s)
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMP_LINE='%s'
                _complete_swscan
                printf '%%s' "${COMPREPLY[*]}"
                """.formatted(script, words, line);
        Process bash = new ProcessBuilder(List.of("bash", "--norc", "-c", asked))
                .redirectErrorStream(true)
                .start();
        String offered = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(offered).isZero();
        return offered.strip();
    }
}
