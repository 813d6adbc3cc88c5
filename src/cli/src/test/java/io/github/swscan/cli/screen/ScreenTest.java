package io.github.swscan.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

class ScreenTest {

    private static List<String> paragraph(String text) {
        StringWriter printed = new StringWriter();
        Screen screen = new Screen(new PrintWriter(printed), Ansi.OFF, 80);
        screen.paragraph(text);
        screen.flush();
        return printed.toString().lines().toList();
    }

    static Stream<Arguments> paragraphs() {
        String forty = "x".repeat(40);
        return Stream.of(
                Arguments.of("one line", List.of("one line")),
                Arguments.of("", List.of("")),
                Arguments.of(forty + " " + "y".repeat(39), List.of(forty + " " + "y".repeat(39))),
                Arguments.of(forty + " " + "y".repeat(40), List.of(forty, "y".repeat(40))),
                Arguments.of("a " + "z".repeat(90) + " b", List.of("a", "z".repeat(90), "b")),
                Arguments.of("a\u001b[31mb", List.of("a\\u001b[31mb")));
    }

    @ParameterizedTest
    @MethodSource("paragraphs")
    void aParagraphIsBrokenBetweenWords(String text, List<String> lines) {
        assertThat(paragraph(text)).isEqualTo(lines);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void noWordIsLostAndNoLineTooLong(long seed) {
        Random random = new Random(seed);
        String text = Stream.generate(() -> "w".repeat(1 + random.nextInt(80)))
                .limit(60)
                .collect(Collectors.joining(" "));

        List<String> lines = paragraph(text);

        assertThat(String.join(" ", lines)).isEqualTo(text);
        assertThat(lines).allMatch(line -> line.length() <= 80);
    }
}
