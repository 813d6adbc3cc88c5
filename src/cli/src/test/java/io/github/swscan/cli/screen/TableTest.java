package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.paths;
import static io.github.swscan.cli.screen.TableColumn.right;
import static io.github.swscan.cli.screen.TableColumn.wrapped;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

class TableTest {

    private static final VerdictColours PLAIN = new VerdictColours(Ansi.OFF);

    private static final Table TABLE = new Table(
            List.of(
                    left("name"),
                    right("first").ifRoom(),
                    right("second").ifRoom(),
                    right("hidden").visible(false),
                    wrapped("sentence")),
            List.of(
                    List.of("remove-1", "1.5", "2.5", "no", "what was removed, and what came of that"),
                    List.of("restore", "10.5", "", "no", "put back")));

    @Test
    void whereThereIsRoomNothingIsBroken() {
        assertThat(TABLE.shown(200, PLAIN))
                .isEqualTo(new Table.Shown(
                        List.of(
                                " name     | first | second | sentence",
                                "----------+-------+--------+-----------------------------------------",
                                " remove-1 |   1.5 |    2.5 | what was removed, and what came of that",
                                " restore  |  10.5 |        | put back"),
                        List.of()));
    }

    @Test
    void sentencesAreBrokenFirst() {
        assertThat(TABLE.shown(55, PLAIN))
                .isEqualTo(new Table.Shown(
                        List.of(
                                " name     | first | second | sentence",
                                "----------+-------+--------+-----------------------",
                                " remove-1 |   1.5 |    2.5 | what was removed, and",
                                "          |       |        | what came of that",
                                " restore  |  10.5 |        | put back"),
                        List.of()));
    }

    @Test
    void columnsAreLeftOutOneAfterTheOther() {
        assertThat(TABLE.shown(45, PLAIN).leftOut()).containsExactly("first");
        assertThat(TABLE.shown(40, PLAIN).leftOut()).containsExactly("first", "second");
    }

    @Test
    void columnsOfOneNameAreLeftOutTogether() {
        Table table = new Table(
                List.of(
                        right("input"),
                        left("at").ifRoom(),
                        right("output"),
                        left("at").ifRoom()),
                List.of(List.of("1.5", "0:1", "2.5", "0:2")));

        assertThat(table.shown(25, PLAIN))
                .isEqualTo(new Table.Shown(
                        List.of(" input | output", "-------+--------", "   1.5 |    2.5"), List.of("at")));
    }

    @Test
    void atLastItIsAList() {
        assertThat(TABLE.shown(30, PLAIN))
                .isEqualTo(new Table.Shown(
                        List.of(
                                " name      remove-1",
                                " first     1.5",
                                " second    2.5",
                                " sentence  what was removed,",
                                "           and what came of",
                                "           that",
                                "",
                                " name      restore",
                                " first     10.5",
                                " sentence  put back"),
                        List.of()));
    }

    @Test
    void namesOfFilesGoBeyondTheLine() {
        String path = "folder/".repeat(10);
        Table table = new Table(List.of(left("a"), paths("file")), List.of(List.of("1", path)));

        assertThat(table.shown(40, PLAIN).lines())
                .containsExactly(" a | file", "---+" + "-".repeat(36), " 1 | " + path);
    }

    /** Models that are damaged write such texts. */
    @Test
    void whatIsNoWordIsBrokenAnywhereButBehindABackslash() {
        Table table = new Table(List.of(wrapped("text")), List.of(List.of("\\n".repeat(40))));

        assertThat(table.shown(61, PLAIN).lines())
                .containsExactly(" text", "-".repeat(60), " " + "\\n".repeat(29), " " + "\\n".repeat(11));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noWordIsBrokenAndNoLineTooLong(long seed) {
        Random random = new Random(seed);
        int columns = 2 + random.nextInt(9);
        List<TableColumn> header = IntStream.range(0, columns)
                .mapToObj(i -> i == columns - 1
                        ? wrapped("c" + i)
                        : random.nextBoolean() ? right("c" + i).ifRoom() : left("c" + i))
                .toList();
        List<List<String>> rows = Stream.generate(() -> IntStream.range(0, columns)
                        .mapToObj(i -> String.join(
                                " ",
                                Stream.generate(() -> "w".repeat(1 + random.nextInt(20)))
                                        .limit(i == columns - 1 ? 12 : 1)
                                        .toList()))
                        .toList())
                .limit(5)
                .toList();
        List<String> words = rows.stream()
                .flatMap(List::stream)
                .flatMap(cell -> Stream.of(cell.split(" ")))
                .toList();
        for (int width = 40; width <= 200; width += 20) {
            int limit = width;
            Table.Shown shown = new Table(header, rows).shown(width, PLAIN);

            assertThat(shown.lines()).allMatch(line -> line.length() <= limit);
            assertThat(shown.lines().stream()
                            .filter(line -> !line.startsWith("-"))
                            .flatMap(line -> Stream.of(line.split("[ |]+")))
                            .filter(word -> word.startsWith("w")))
                    .allMatch(words::contains)
                    .hasSizeLessThanOrEqualTo(words.size());
        }
    }
}
