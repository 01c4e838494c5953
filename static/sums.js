// Says what a number makes of a total while it is typed. Without this file the page says
// it for the number that it began with.
//
// data-sum="id"          on an element: the field with the number. data-total is the total so far, data-each
//                        how many make one more of it, rounded up; data-text the text, with # for the number
//                        and ## for the new total. What is no number says nothing.

const written = new Intl.NumberFormat(document.documentElement.lang);

function enableSum(element) {
  const field = document.getElementById(element.dataset.sum);
  const { total, each, text } = element.dataset;
  const say = () => {
    const typed = field.value.trim();
    const n = Number(typed);
    element.textContent = !/^[0-9]{1,9}$/.test(typed) ? "" :
      text.replace("##", written.format(Number(total) + Math.ceil(n / Number(each)))).replace("#", written.format(n));
  };
  field.addEventListener("input", say);
  say();
}

document.querySelectorAll("[data-sum]").forEach(enableSum);
