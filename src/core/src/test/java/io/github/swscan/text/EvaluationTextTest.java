package io.github.swscan.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTextTest {

    @TempDir
    private Path folder;

    private List<String> passages(String name, String content) throws IOException {
        return EvaluationText.read(Files.writeString(folder.resolve(name), content))
                .passages();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void isTheSameHoweverLinesEnd(String end) throws IOException {
        String lines = String.join(end, "Once", "", "upon a time", "");

        assertThat(passages("text.txt", lines)).containsExactly("Once\n\nupon a time\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "\r\n", "\r\n\r\n"})
    void isTheSameHoweverItsLastObjectEnds(String end) throws IOException {
        String first = "{\"text\": \"one\\r\\ntwo\"}";

        assertThat(passages("text.jsonl", first + "\r\n{\"text\": \"three\"}" + end))
                .containsExactly("one\r\ntwo\n\nthree");
    }
}
