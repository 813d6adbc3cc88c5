package io.github.swscan.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.UnsupportedInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenIdsFileTest {

    private static final TokenLimits LIMITS = new TokenLimits(97, 8, Optional.of(4), 1, false);
    private static final TokenLimits BIDIRECTIONAL = new TokenLimits(97, 8, Optional.of(4), 1, true);

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("ids.json");
    }

    private InputException refusal() {
        InputException refusal = catchThrowableOfType(InputException.class, () -> TokenIdsFile.read(file(), LIMITS));
        assertThat(refusal).isNotNull();
        assertThat(refusal.file()).isEqualTo(file());
        assertThat(refusal.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
        return refusal;
    }

    @Test
    void sequencesAreReadAsTheyAre() throws IOException {
        Files.writeString(file(), " [[0, 96, 5],\n [7]]\n");

        assertThat(TokenIdsFile.read(file(), LIMITS).sequences()).containsExactly(new int[] {0, 96, 5}, new int[] {7});
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[0, 96, 5], [7]]",
                "{'input_ids': [[0, 96, 5], [7]]}",
                "{'input_ids': [[0, 96, 5], [7]], 'labels': null}"
            })
    void withoutLabelsNothingIsSaidOfWhatIsPredicted(String content) throws IOException {
        Files.writeString(file(), content.replace('\'', '"'));

        TokenIdsFile read = TokenIdsFile.read(file(), BIDIRECTIONAL);

        assertThat(read.sequences()).containsExactly(new int[] {0, 96, 5}, new int[] {7});
        assertThat(read.targets()).isEmpty();
    }

    @Test
    void labelIsPredictedInItsPlaceOrAtTheTokenBefore() throws IOException {
        Files.writeString(file(), "{\"input_ids\": [[0, 96, 5], [7, 8]], \"labels\": [[11, -100, 12], [-100, 0]]}");
        int nothing = TokenSet.NOTHING;

        assertThat(TokenIdsFile.read(file(), BIDIRECTIONAL).targets())
                .containsExactly(new int[] {11, nothing, 12}, new int[] {nothing, 0});
        assertThat(TokenIdsFile.read(file(), LIMITS).targets())
                .containsExactly(new int[] {nothing, 12, nothing}, new int[] {0, nothing});
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            [[1, 2]]                 | labels                            | is not an array of 2 arrays, one for each sequence
            [[1, 2], [3], [4]]       | labels                            | is not an array of 2 arrays, one for each sequence
            7                        | labels                            | is not an array of 2 arrays, one for each sequence
            [[1], [3]]               | labels of sequence 0              | are 1, but the sequence has 2 tokens
            [[1, 2], [3, 4]]         | labels of sequence 1              | are 2, but the sequence has 1 tokens
            [[1, 2], 3]              | labels of sequence 1              | is not an array of token ids
            [[1, 97], [3]]           | labels of sequence 0, position 1  | is 97, not a token id from 0 to 96
            [[1, -1], [3]]           | labels of sequence 0, position 1  | is -1, not a token id from 0 to 96
            [[1, 4294967196], [3]]   | labels of sequence 0, position 1  | is 4294967196, not a token id from 0 to 96
            [[1, null], [3]]         | labels of sequence 0, position 1  | is null, not a token id from 0 to 96
            [[-100, -100], [-100]]   | labels                            | name no token to predict
            """)
    void labelsThatDoNotFitAreRefused(String labels, String field, String problem) throws IOException {
        Files.writeString(file(), "{\"input_ids\": [[1, 2], [3]], \"labels\": " + labels + "}");

        InputException refusal =
                catchThrowableOfType(InputException.class, () -> TokenIdsFile.read(file(), BIDIRECTIONAL));

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).isEqualTo(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"attention_mask", "ids", ""})
    void whatElseAnObjectSaysIsRefused(String name) throws IOException {
        Files.writeString(file(), "{\"input_ids\": [[1, 2]], \"" + name + "\": [[1, 1]]}");

        assertThat(refusal()).isInstanceOf(UnsupportedInputException.class).hasMessageContaining("is not supported");
    }

    @Test
    void byteOrderMarkIsSkippedOnce() throws IOException {
        Files.writeString(file(), "\ufeff[[0, 96]]");
        assertThat(TokenIdsFile.read(file(), LIMITS).sequences()).containsExactly(new int[] {0, 96});

        Files.writeString(file(), "\ufeff\ufeff[[0, 96]]");
        assertThat(refusal()).hasMessageContaining("is not valid JSON");
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsNoListOfSequencesIsRefused(String content, String field, String problem) throws IOException {
        Files.writeString(file(), content);

        InputException refusal = refusal();

        assertThat(refusal).isInstanceOf(MalformedInputException.class);
        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).contains(problem);
    }

    static Stream<Arguments> malformed() {
        String notArrays = "is not a JSON array of arrays of token ids";
        String notIds = "is not an array of token ids";
        return Stream.of(
                Arguments.of("", "", notArrays),
                Arguments.of(" ", "", notArrays),
                Arguments.of("{}", "input_ids", notArrays),
                Arguments.of("{\"input_ids\": {}}", "input_ids", notArrays),
                Arguments.of("[]", "", notArrays),
                Arguments.of("null", "", notArrays),
                Arguments.of("7", "", notArrays),
                Arguments.of("1 2 3", "", "is not valid JSON"),
                Arguments.of("[[1]", "", "is not valid JSON"),
                Arguments.of("[[1],]", "", "is not valid JSON"),
                Arguments.of("[[1]] [[2]]", "", "is not valid JSON"),
                Arguments.of("[[01]]", "", "is not valid JSON"),
                Arguments.of("[[NaN]]", "", "is not valid JSON"),
                Arguments.of("[".repeat(100_000), "", "is not valid JSON"),
                Arguments.of("[[" + "9".repeat(100_000) + "]]", "", "is not valid JSON"),
                Arguments.of("[1, 2, 3]", "sequence 0", notIds),
                Arguments.of("[[1], 2]", "sequence 1", notIds),
                Arguments.of("[[1], []]", "sequence 1", notIds),
                Arguments.of("[[1], null]", "sequence 1", notIds),
                Arguments.of("[[1], {\"0\": 1}]", "sequence 1", notIds),
                Arguments.of("[[1], \"1\"]", "sequence 1", notIds),
                Arguments.of("[[1, 97]]", "sequence 0, position 1", "is 97, not a token id from 0 to 96"),
                Arguments.of("[[1], [2, 3, -1]]", "sequence 1, position 2", "is -1, not a token id"),
                Arguments.of("[[1.0]]", "sequence 0, position 0", "is 1.0, not a token id"),
                Arguments.of("[[1e1]]", "sequence 0, position 0", "not a token id"),
                Arguments.of("[[\"1\"]]", "sequence 0, position 0", "is \"1\", not a token id"),
                Arguments.of("[[true]]", "sequence 0, position 0", "is true, not a token id"),
                Arguments.of("[[null]]", "sequence 0, position 0", "is null, not a token id"),
                Arguments.of("[[[1]]]", "sequence 0, position 0", "is [1], not a token id"),
                Arguments.of("[[4294967297]]", "sequence 0, position 0", "is 4294967297, not a token id"),
                Arguments.of("[[18446744073709551617]]", "sequence 0, position 0", "not a token id"),
                Arguments.of("[[\"" + "x\\n".repeat(10_000) + "\"]]", "sequence 0, position 0", "not a token id"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [[1], [2]]                       | ''         | has no sequence of two tokens or more to predict
            [[1, 2, 3, 4], [1, 2, 3, 4, 5]]  | sequence 1 | has 5 tokens, but the model has only 4 positions
            """)
    void sequencesThatTheModelCannotReadAreRefused(String content, String field, String problem) throws IOException {
        Files.writeString(file(), content);

        InputException refusal = refusal();

        assertThat(refusal.field()).isEqualTo(field);
        assertThat(refusal.problem()).isEqualTo(problem);
    }

    static Stream<byte[]> otherEncodings() {
        return Stream.of(
                new byte[] {'[', '[', '"', (byte) 0xC3, '"', ']', ']'},
                new byte[] {0, 0, '[', 0, 1, 2, 3, 4},
                new byte[] {0, 0, 0, '[', 127, 127, 127, 127});
    }

    @ParameterizedTest
    @MethodSource("otherEncodings")
    void fileThatIsNoTextIsRefused(byte[] content) throws IOException {
        Files.write(file(), content);

        assertThat(refusal()).isInstanceOf(MalformedInputException.class);
    }

    @Test
    void overlongFileIsRefusedUnread() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file().toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }

        assertThat(refusal()).isInstanceOf(MalformedInputException.class).hasMessageContaining("is larger than");
    }

    @Test
    void missingFileIsSaidToBeMissing() {
        assertThat(refusal()).isInstanceOf(MissingInputException.class);
    }
}
