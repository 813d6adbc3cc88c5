package io.github.swscan.ablate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.effect.Statistic;
import io.github.swscan.text.task.LastWord;
import io.github.swscan.text.task.MultipleChoice;
import io.github.swscan.text.task.Request;
import io.github.swscan.text.task.Task;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskScoringTest {

    private static final List<Integer> TOKEN = List.of(7);

    private static Request request(int context) {
        return new Request(List.of(context), TOKEN, false);
    }

    private static RequestResults results(double... logLikelihoods) {
        RequestResults results = new RequestResults(logLikelihoods.length);
        for (int i = 0; i < logLikelihoods.length; i++) {
            results.take(i, TOKEN, new float[] {(float) -logLikelihoods[i]}, new long[] {7}, 0);
        }
        return results;
    }

    private static MultipleChoice question(int gold, int... characters) {
        return new MultipleChoice(
                "task",
                List.of(new MultipleChoice.Question(
                        IntStream.range(0, characters.length)
                                .mapToObj(i -> new MultipleChoice.Choice(request(i), characters[i]))
                                .toList(),
                        gold)));
    }

    @ParameterizedTest
    @CsvSource({
        "-3,-4,1,1,1,1", // the likelier one
        "-3,-4,1,2,1,0", // less likely, but by the character more so
        "-3,-3,1,1,1,1", // the first of equals
        "NaN,-4,1,1,0,0", // what is no number is never chosen
        "NaN,NaN,1,1,0,0"
    })
    void choosesTheLikeliest(
            double first, double second, int length, int otherLength, double accuracy, double normalized) {
        TaskScore score = new TaskScoring(results(first, second))
                .scores(List.of(question(0, length, otherLength)))
                .get(0);

        assertThat(score.accuracy().value()).isEqualTo(accuracy);
        assertThat(score.accuracyNormalized().orElseThrow().value()).isEqualTo(normalized);
        assertThat(score.accuracy().standardError()).isEmpty();
    }

    @Test
    void aWordIsFoundWhereEachOfItsTokensIsTheLikeliest() {
        RequestResults results = new RequestResults(2);
        results.take(0, List.of(4, 5), new float[] {9, 1, 2}, new long[] {0, 4, 5}, 1);
        results.take(1, List.of(4, 5), new float[] {1, 1}, new long[] {4, 6}, 0);
        List<Task> tasks = List.of(new LastWord(
                "words",
                List.of(
                        new Request(List.of(1, 4), List.of(4, 5), false),
                        new Request(List.of(2, 4), List.of(4, 5), false))));

        TaskScore score = new TaskScoring(results).scores(tasks).get(0);

        assertThat(score.accuracy().value()).isEqualTo(0.5);
        assertThat(score.accuracy().standardError().orElseThrow()).isCloseTo(0.5, within(1e-12));
        assertThat(score.targetPerplexity().orElseThrow().value()).isCloseTo(Math.exp(2.5), within(1e-9));
        assertThat(score.targetPerplexity().orElseThrow().standardError().orElseThrow())
                .isCloseTo(Math.exp(2.5) * 0.5, within(1e-9));
    }

    @Test
    void numbersOfABrokenModelAreFinite() {
        LastWord words = new LastWord("words", List.of(request(1), request(2)));

        for (double likelihood : new double[] {Double.NaN, Double.NEGATIVE_INFINITY, -1e30}) {
            TaskScore score = new TaskScoring(results(likelihood, -1))
                    .scores(List.of(words))
                    .get(0);
            Statistic perplexity = score.targetPerplexity().orElseThrow();
            assertThat(perplexity.value()).isEqualTo(Double.MAX_VALUE);
            assertThat(perplexity.standardError().orElseThrow()).isFinite();
        }
    }

    @Test
    void requestsThatReadTheSameShareASequence() {
        Request a = new Request(List.of(1, 2), List.of(3), false);
        Request b = new Request(List.of(1, 2), List.of(4), false);
        Request c = new Request(List.of(1, 2, 5), List.of(5, 4), false);
        TaskRequests requests =
                new TaskRequests(List.of(new LastWord("one", List.of(a, b)), new LastWord("two", List.of(c, a))));

        assertThat(requests.count()).isEqualTo(4);
        assertThat(requests.tokens()).isEqualTo(5);
        assertThat(requests.batches(100, 10).get(0).sequences()).containsExactly(new int[] {1, 2, 5}, new int[] {1, 2});
    }

    @ParameterizedTest
    @CsvSource({"5,0,1", "15,10,1", "4,0,2", "10,10,2", "10,8,2", "1,1,3", "0,9,3"})
    void batchesHoldNoMoreThanTheirRows(long rows, long taken, int batches) {
        TaskRequests requests = new TaskRequests(List.of(new LastWord(
                "words",
                List.of(
                        new Request(List.of(1, 2), List.of(3), false),
                        new Request(List.of(1, 2, 5), List.of(5, 4), false)))));

        assertThat(requests.batches(rows, taken)).hasSize(batches);
    }
}
