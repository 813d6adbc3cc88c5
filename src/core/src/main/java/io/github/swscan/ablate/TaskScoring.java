package io.github.swscan.ablate;

import io.github.swscan.effect.Statistic;
import io.github.swscan.text.task.LastWord;
import io.github.swscan.text.task.MultipleChoice;
import io.github.swscan.text.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Scores tasks as lm-evaluation-harness does. */
final class TaskScoring {

    private final RequestResults results;

    TaskScoring(RequestResults results) {
        this.results = results;
    }

    /** @param tasks those whose requests were answered, in the same order */
    List<TaskScore> scores(List<Task> tasks) {
        List<TaskScore> scores = new ArrayList<>();
        int first = 0;
        for (Task task : tasks) {
            scores.add(task instanceof MultipleChoice choice ? score(choice, first) : score((LastWord) task, first));
            first += task.requests().size();
        }
        return scores;
    }

    private TaskScore score(MultipleChoice task, int first) {
        return new TaskScore(
                task.name(),
                TaskScore.Kind.MULTIPLE_CHOICE,
                task.questions().size(),
                accuracy(task, first, choice -> 1),
                Optional.of(accuracy(task, first, MultipleChoice.Choice::characters)),
                Optional.empty());
    }

    private Statistic accuracy(MultipleChoice task, int first, ToDoubleFunction<MultipleChoice.Choice> length) {
        double[] right = new double[task.questions().size()];
        int request = first;
        for (int question = 0; question < right.length; question++) {
            List<MultipleChoice.Choice> choices = task.questions().get(question).choices();
            right[question] = mostLikely(choices, request, length)
                            == task.questions().get(question).gold()
                    ? 1
                    : 0;
            request += choices.size();
        }
        return Statistic.mean(right);
    }

    /** The first of equally likely ones; none, -1, where no likelihood is a number. */
    private int mostLikely(
            List<MultipleChoice.Choice> choices, int first, ToDoubleFunction<MultipleChoice.Choice> length) {
        int best = -1;
        double highest = Double.NEGATIVE_INFINITY;
        for (int choice = 0; choice < choices.size(); choice++) {
            double likelihood = results.logLikelihood(first + choice) / length.applyAsDouble(choices.get(choice));
            if (likelihood > highest) {
                best = choice;
                highest = likelihood;
            }
        }
        return best;
    }

    private TaskScore score(LastWord task, int first) {
        int items = task.requests().size();
        double[] right = IntStream.range(first, first + items)
                .mapToDouble(request -> results.isGreedy(request) ? 1 : 0)
                .toArray();
        double[] negativeLogLikelihoods = IntStream.range(first, first + items)
                .mapToDouble(request -> -results.logLikelihood(request))
                .toArray();
        return new TaskScore(
                task.name(),
                TaskScore.Kind.LAST_WORD,
                items,
                Statistic.mean(right),
                Optional.empty(),
                Optional.of(Statistic.mean(negativeLogLikelihoods).exponential()));
    }
}
