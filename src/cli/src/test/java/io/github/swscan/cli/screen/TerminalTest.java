package io.github.swscan.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {

    @ParameterizedTest
    @CsvSource({
        ", , 80", // a pipe
        ", 100, 100",
        ", '', 80", // a terminal that does not tell
        ", 0, 80",
        "100, , 100",
        "100, 200, 100",
        "' 100 ', 200, 100",
        "wide, 200, 200",
        "-1, 200, 200",
        "99999999999, 200, 200",
        "59, 200, 60",
        ", 20, 60"
    })
    void linesAreAsWideAsTheEnvironmentSaysElseTheTerminal(String environment, String terminal, int columns) {
        assertThat(Terminal.columns(Optional.ofNullable(environment), Optional.ofNullable(terminal)))
                .isEqualTo(columns);
    }
}
