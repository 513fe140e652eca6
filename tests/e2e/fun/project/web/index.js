'use strict';

exports.handler = (request, response) => {
  response.setHeader('x-method', request.method);
  response.send(`${process.env.GREETING} from version 1`);
};
