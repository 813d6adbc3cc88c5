package io.github.swscan.text;

import static io.github.swscan.fixture.TokenizerFiles.SAMPLE;
import static io.github.swscan.fixture.TokenizerFiles.SAMPLE_VOCABULARY;
import static io.github.swscan.fixture.TokenizerFiles.words;
import static io.github.swscan.fixture.TokenizerFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.input.LocalSource;
import io.github.swscan.text.tokenizer.Tokenizer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BuiltInTextTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"plain-english", "dramatic"})
    void textsAreThere(String name) {
        EvaluationText text = EvaluationText.builtIn(name);

        assertThat(text.name()).contains(name);
        assertThat(text.content()).hasSizeGreaterThan(1000).doesNotContain("\ufffd");
    }

    @Test
    void sampleModelIsJudgedOnWhatItKnows() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(SAMPLE), SAMPLE_VOCABULARY)) {
            assertThat(EvaluationText.builtInFor(tokenizer)).isEqualTo(EvaluationText.builtIn("dramatic"));
        }
    }

    @Test
    void anyTokenizerHasAText() {
        try (Tokenizer tokenizer = Tokenizer.read(LocalSource.of(write(folder, words())), 6)) {
            assertThat(EvaluationText.builtInFor(tokenizer).content()).isNotEmpty();
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
