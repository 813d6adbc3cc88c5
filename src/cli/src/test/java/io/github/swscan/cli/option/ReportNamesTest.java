package io.github.swscan.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportNamesTest {

    @ParameterizedTest
    @CsvSource({
        "/m/one /m/two, one two",
        "/m/one/ /m/./two, one two",
        "/a/model /b/model /b/other, a-model b-model other",
        "/x/a/model /y/a/model, x-a-model y-a-model",
        "/a/model.safetensors /b/model.safetensors, a-model.safetensors b-model.safetensors",
        "/a/Model /b/model, a-Model b-model",
        "/m /a/m, m a-m",
        "/a/b-c /a-b/c /x/b-c /x/c, a-b-c a-b-c-2 x-b-c x-c",
        "/ /m, root m"
    })
    void areThoseOfTheModelsAndAllDifferent(String models, String names) {
        List<Path> paths = Stream.of(models.split(" ")).map(Path::of).toList();

        assertThat(new ReportNames(".swscan-report.json").of(paths))
                .containsExactly(Stream.of(names.split(" "))
                        .map(name -> name + ".swscan-report.json")
                        .toArray(String[]::new));
    }
}
