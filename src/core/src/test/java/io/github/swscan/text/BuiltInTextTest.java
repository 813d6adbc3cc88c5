package io.github.swscan.text;

import static io.github.swscan.fixture.TokenizerFiles.SAMPLE;
import static io.github.swscan.fixture.TokenizerFiles.SAMPLE_VOCABULARY;
import static io.github.swscan.fixture.TokenizerFiles.words;
import static io.github.swscan.fixture.TokenizerFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.input.LocalSource;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BuiltInTextTest {

    @TempDir
    private Path folder;

    static Stream<EvaluationText> texts() {
        return Stream.of(EvaluationText.registers(), EvaluationText.dramatic());
    }

    @ParameterizedTest
    @MethodSource("texts")
    void textsAreThere(EvaluationText text) {
        assertThat(text.name()).startsWith("built-in text");
        assertThat(text.passages()).isNotEmpty().allSatisfy(passage -> assertThat(passage)
                .hasSizeGreaterThan(1000)
                .doesNotContain("\ufffd", "\r"));
    }

    /** Tokenizers split texts at white space first: every word is a token or more. */
    @Test
    void todaysTextHasNinePassagesAndAtLeast6000Tokens() {
        List<String> passages = EvaluationText.registers().passages();

        assertThat(passages).hasSize(9).doesNotHaveDuplicates();
        assertThat(passages.stream()
                        .mapToInt(passage -> passage.split("\\s+").length)
                        .sum())
                .isGreaterThanOrEqualTo(6_000);
    }

    @Test
    void todaysTextIsPlainAscii() {
        assertThat(EvaluationText.registers().passages()).allMatch(StandardCharsets.US_ASCII.newEncoder()::canEncode);
    }

    @Test
    void sampleModelIsJudgedOnWhatItKnows() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(SAMPLE), SAMPLE_VOCABULARY)) {
            assertThat(EvaluationText.builtInFor(tokenizer)).isEqualTo(EvaluationText.dramatic());
        }
    }

    @Test
    void anyTokenizerHasAText() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(write(folder, words())), 6)) {
            assertThat(EvaluationText.builtInFor(tokenizer).passages()).isNotEmpty();
        }
    }

    @Test
    void promptsAreThere() {
        assertThat(Prompts.builtIn()).hasSizeGreaterThan(1).allMatch(prompt -> prompt.length() > 10);
    }

    @Test
    void promptsStandOneALine() {
        assertThat(Prompts.parse("# comment\nFirst one.\r\n\n   \n  Second # one  \n  # another\nThird"))
                .containsExactly("First one.", "Second # one", "Third");
        assertThat(Prompts.parse("")).isEmpty();
        assertThat(Prompts.parse("#\n\n")).isEmpty();
    }
}
